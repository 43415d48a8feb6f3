import { expect, it } from 'vitest';
import { publicLocation } from '../../src/proxy/location.js';

const name = { scheme: 'https', authority: 'www.example.org' } as const;
const origin = { scheme: 'http', authority: '10.0.0.1:9000' } as const;

it.each([
  ['http://10.0.0.1:9000/a?b#c', 'https://www.example.org/a?b#c'],
  ['HTTP://10.0.0.1:9000', 'https://www.example.org'],
  ['http://10.0.0.1:9000?q', 'https://www.example.org?q'],
  ['//10.0.0.1:9000/a', '//www.example.org/a'],
  ['/a', '/a'],
  ['a', 'a'],
  ['', ''],
  ['http://10.0.0.1/a', 'http://10.0.0.1/a'],
  ['http://10.0.0.1:90001/a', 'http://10.0.0.1:90001/a'],
  ['https://10.0.0.1:9000/a', 'https://10.0.0.1:9000/a'],
  ['http://user@10.0.0.1:9000/a', 'http://user@10.0.0.1:9000/a'],
  ['http://10.0.0.1:9000\\@evil/', 'http://10.0.0.1:9000\\@evil/'],
  ['http://elsewhere/http://10.0.0.1:9000/', 'http://elsewhere/http://10.0.0.1:9000/'],
  ['mailto:a@10.0.0.1:9000', 'mailto:a@10.0.0.1:9000'],
])('%j becomes %j', (value, expected) => {
  expect(publicLocation(value, origin, name)).toBe(expected);
});

it('knows default ports and letter case', () => {
  const plain = { scheme: 'http', authority: 'origin.internal' } as const;
  const secure = { scheme: 'https', authority: 'origin.internal:443' } as const;
  expect(publicLocation('http://Origin.Internal:80/x', plain, name)).toBe('https://www.example.org/x');
  expect(publicLocation('https://origin.internal/x', secure, name)).toBe('https://www.example.org/x');
  expect(publicLocation('http://origin.internal:443/x', plain, name)).toBe('http://origin.internal:443/x');
});

it('leaves all as it is for a client that named no host', () => {
  expect(publicLocation('http://10.0.0.1:9000/a', origin, { scheme: 'http', authority: '' })).toBe('http://10.0.0.1:9000/a');
});
