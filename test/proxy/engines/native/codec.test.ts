import { expect, it } from 'vitest';
import { readRequestHead } from '../../../../src/proxy/engines/native/request-head.js';
import { readResponseHead } from '../../../../src/proxy/engines/native/response-head.js';
import { compareRequests, compareResponses } from './differential.js';
import { limits } from './peers.js';

const seed = 20_261_126;

it.each([
  ['requests', compareRequests],
  ['responses', compareResponses],
] as const)('ours and llhttp agree on valid %s', { timeout: 60_000 }, async (_what, compare) => {
  const { accepted, differences } = await compare(seed, 5000, false);
  expect(differences).toEqual([]);
  expect(accepted).toBe(5000);
});

it.each([
  ['requests', compareRequests],
  ['responses', compareResponses],
] as const)('what ours accepts of broken %s llhttp accepts as the same', { timeout: 60_000 }, async (_what, compare) => {
  const { accepted, differences } = await compare(seed, 25_000, true);
  expect(differences).toEqual([]);
  expect(accepted).toBeGreaterThan(5000); // else nothing was compared
});

it.each(['Content-Length:\t5', 'Content-Length: 5\t', 'content-length: \t 5', 'Transfer-Encoding:\tchunked', 'Transfer-Encoding: chunked \t '])(
  'does not read %j, in which not all parsers see white space',
  (line) => {
    expect(readRequestHead(`POST / HTTP/1.1\r\nHost: h\r\n${line}\r\n\r\n`, limits)).toBe('malformed-request');
    expect(readRequestHead(`POST / HTTP/1.1\r\nHost: h\r\n${line.replaceAll('\t', ' ')}\r\n\r\n`, limits)).toMatchObject({ method: 'POST' });
    expect(readRequestHead(`POST / HTTP/1.1\r\nHost: h\r\nX-${line}\r\n\r\n`, limits)).toMatchObject({ bodyBytes: 0 });
  },
);

// Found by the fuzzer at seed 4711, and beside what it found.
it.each([
  ['100 Continue', 'Content-Length:'],
  ['103 Early Hints', 'Content-Length: 5'],
  ['103 Early Hints', 'Content-Length: 0', 'Content-Length: 5'],
  ['103 Early Hints', 'Content-Length: 0', 'Content-Length: 0'],
  ['103 Early Hints', 'Connection: close'],
  ['101 Switching Protocols', 'Content-Length: 5'],
  ['101 Switching Protocols', 'Content-Length: 0', 'Content-Length: 9'],
  ['101 Switching Protocols', 'Transfer-Encoding: chunked'],
])('does not read an interim response that claims a body or an end: %s, %s %s', (status, ...lines) => {
  expect(readResponseHead(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`, 'GET')).toBeUndefined();
});

it.each([
  ['103 Early Hints', 'Content-Length: 0'],
  ['101 Switching Protocols', 'Connection: Upgrade'],
])('reads an interim response that claims neither: %s, %s', (status, line) => {
  expect(readResponseHead(`HTTP/1.1 ${status}\r\n${line}\r\n\r\n`, 'GET')).toMatchObject({ bodyBytes: 0 });
});
