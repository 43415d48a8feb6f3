import { expect, it } from 'vitest';
import { readRequestFields, type Fields } from '../../src/proxy/fields.js';
import { isAuthority, refusalOf, viaEntry } from '../../src/proxy/refusal.js';

const us = { pseudonym: 'w1', instance: 'cafe' };
type Head = { readonly method?: string; readonly version?: '1.0' | '1.1'; readonly bodyBytes?: number | undefined };
const refusal = (fields: Fields, head: Head = {}): string | undefined => {
  const request = { method: 'GET', target: '/', version: '1.1' as const, bodyBytes: 0, ...head, fields };
  return refusalOf(request, readRequestFields(fields), us, { bodyBytes: 10 });
};

it.each([
  ['www.example.org', true],
  ['www.example.org:8080', true],
  ['www.example.org:', true],
  ['192.0.2.1', true],
  ['[2001:db8::1]:80', true],
  ['xn--bcher-kva.example', true],
  ['a_b', true],
  ['', false],
  [':80', false],
  ['a:65536', false],
  ['a:80:80', false],
  ['a:b', false],
  ['a b', false],
  ['a,b', false],
  ['a/b', false],
  ['a@b', false],
  ['a?b', false],
  ['a#b', false],
  ['a\\b', false],
  ['<b>', false],
  ['bücher', false],
  ['[::1', false],
  ['::1', false],
  ['[nonsense]', false],
  ['a'.repeat(256), false],
])('Host %j is valid: %s', (host, valid) => {
  expect(isAuthority(host)).toBe(valid);
  expect(refusal(['Host', host])).toBe(valid ? undefined : 'bad-host');
});

it.each<readonly [string, Fields, Head, string | undefined]>([
  ['HTTP/1.1 without Host', [], {}, 'bad-host'],
  ['HTTP/1.0 without Host', [], { version: '1.0' }, undefined],
  ['two equal Hosts', ['Host', 'a', 'HOST', 'a'], { version: '1.0' }, 'bad-host'],
  ['CONNECT', ['Host', 'a'], { method: 'CONNECT' }, 'method-not-supported'],
  ['TRACE', ['Host', 'a'], { method: 'TRACE' }, 'method-not-supported'],
  ['a method of its own', ['Host', 'a'], { method: 'PURGE' }, undefined],
  ['a body of the largest size', ['Host', 'a'], { bodyBytes: 10 }, undefined],
  ['one larger', ['Host', 'a'], { bodyBytes: 11 }, 'body-too-large'],
  ['one of unknown size', ['Host', 'a'], { bodyBytes: undefined }, undefined],
  ['our own Via', ['Host', 'a', 'Via', `1.0 x, ${viaEntry('1.1', us)} , 1.1 y`], {}, 'loop-detected'],
  ['our name without a comment', ['Host', 'a', 'Via', 'HTTP/1.1\tw1'], {}, 'loop-detected'],
  ['our name, another instance', ['Host', 'a', 'Via', '1.1 w1 (beef)'], {}, undefined],
  ['another name, our instance', ['Host', 'a', 'Via', '1.1 w11 (cafe)'], {}, undefined],
])('%s: %s', (_, fields, head, code) => {
  expect(refusal(fields, head)).toBe(code);
});
