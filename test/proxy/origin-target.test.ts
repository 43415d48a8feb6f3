import { expect, it } from 'vitest';
import { originMember, originTarget, originUrl } from '../../src/proxy/origin-target.js';

const define = (url: string) => ({ name: 'o1', url, weight: 3 });

it.each([
  ['http://127.0.0.1:9000', { scheme: 'http', host: '127.0.0.1', port: 9000, authority: '127.0.0.1:9000' }],
  ['http://Origin.Example/', { scheme: 'http', host: 'origin.example', port: 80, authority: 'origin.example' }],
  ['https://origin.example', { scheme: 'https', host: 'origin.example', port: 443, authority: 'origin.example' }],
  ['https://origin.example:8443', { scheme: 'https', host: 'origin.example', port: 8443, authority: 'origin.example:8443' }],
  ['http://[::1]:81', { scheme: 'http', host: '::1', port: 81, authority: '[::1]:81' }],
])('%s', (url, expected) => {
  const { tls, ...target } = originTarget(define(url));
  expect(target).toEqual({ name: 'o1', ...expected });
  expect(tls?.options.rejectUnauthorized).toBe(expected.scheme === 'https' ? true : undefined);
});

it.each([
  ['nonsense', /not a URL/],
  ['ftp://a', /only http and https/],
  ['http://user:secret@a', /credentials/],
  ['http://a/path', /a path, query or fragment is not allowed/],
  ['http://a/?', /a path, query or fragment is not allowed/],
  ['http://a?q', /a path, query or fragment is not allowed/],
  ['http://a#f', /a path, query or fragment is not allowed/],
])('%s is refused with a sentence', (url, why) => {
  expect(() => originTarget(define(url))).toThrow(/^origin o1: .*; expected a URL such as http:\/\/127\.0\.0\.1:9000, got /);
  expect(() => originTarget(define(url))).toThrow(why);
});

it('does not print a password', () => {
  expect(() => originTarget(define('http://user:secret@a'))).toThrow(/^(?!.*secret)/);
});

it('becomes a member of the pool, and the URL of a probe', () => {
  const six = originTarget(define('http://[::1]:81'));
  expect(originMember(six, define(''), 2)).toEqual({ name: 'o1', index: 2, address6: '::1', port: 81, weight: 3 });
  expect(originUrl(six, '//elsewhere/?a').href).toBe('http://[::1]:81//elsewhere/?a');
  const named = originTarget(define('http://a'));
  expect(originMember(named, define(''), 0)).toEqual({ name: 'o1', index: 0, address: 'a', port: 80, weight: 3 });
});
