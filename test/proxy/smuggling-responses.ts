/**
 * Answers of origins that two parsers read in two ways, as raw bytes, and what the client gets; from both engines alike.
 */
import type { FaultCode } from '../../src/proxy/fault.js';

/** A fault and its page. Or the status and body that the client gets, whole; `cut` when it must see that the end is missing. */
export type AnswerOutcome = FaultCode | { readonly status: number; readonly body: string; readonly cut?: FaultCode };

export interface AnswerRow {
  readonly what: string;
  readonly method: 'GET' | 'HEAD';
  readonly bytes: string;
  readonly outcome: AnswerOutcome;
  /** More came than the answer has, or it is none: nothing else may be asked on that connection. */
  readonly spent: boolean;
  /** Why the http-proxy engine may ask on it all the same. */
  readonly kept: string | undefined;
}

const show = (text: string): string => JSON.stringify(text).slice(1, -1);
/** What an attacker would have the next client get. */
export const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const lines = (...all: readonly string[]): string => [...all, '', ''].join('\r\n');
const ok = (...fields: readonly string[]): string => lines('HTTP/1.1 200 OK', ...fields);
const hello = { status: 200, body: 'hello' };
const empty = (status: number): AnswerOutcome => ({ status, body: '' });
const cut = (code: FaultCode, body = ''): AnswerOutcome => ({ status: 200, body, cut: code });

type Short = readonly [string, string, AnswerOutcome?, string?];
const rowsOf = (method: 'GET' | 'HEAD', group: string, rows: readonly Short[]): AnswerRow[] =>
  rows.map(([what, bytes, outcome = 'invalid-response', kept]) => {
    const spent = outcome !== hello || group === 'behind it';
    return { what: `${group}: ${what}`, method, bytes, outcome, spent, kept };
  });

const behind: readonly Short[] = [
  ['a length', `${ok('Content-Length: 5')}hello${evil}`, hello],
  ['a length, with garbage', `${ok('Content-Length: 5')}hello\0\0\r\n\r\n`, hello],
  ['a length, with half a head', `${ok('Content-Length: 5')}helloHTTP/1.1 200 OK\r\nContent-Le`, hello, 'node forgets what is no whole head with the parser that read it'],
  ['chunks', `${ok('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n${evil}`, hello],
  ['chunks and trailers', `${ok('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nA: b\r\n\r\n${evil}`, hello],
  ['no body', `${ok('Content-Length: 0')}${evil}`, empty(200)],
  ['a length that Connection names', `${ok('Content-Length: 5', 'Connection: Content-Length')}hello${evil}`, hello],
  ['chunks that Connection names', `${ok('Transfer-Encoding: chunked', 'Connection: Transfer-Encoding')}5\r\nhello\r\n0\r\n\r\n${evil}`, hello],
  ['204', lines('HTTP/1.1 204 No Content') + evil, empty(204)],
  ['204 with a length', `${lines('HTTP/1.1 204 No Content', `Content-Length: ${evil.length}`)}${evil}`, empty(204)],
  ['204 with chunks', `${lines('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, empty(204)],
  ['304', lines('HTTP/1.1 304 Not Modified') + evil, empty(304)],
  ['304 with a length', `${lines('HTTP/1.1 304 Not Modified', `Content-Length: ${evil.length}`)}${evil}`, empty(304)],
  ['304 with chunks', `${lines('HTTP/1.1 304 Not Modified', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, empty(304)],
  ['an interim answer with a length', `${lines('HTTP/1.1 103 Early Hints', 'Content-Length: 5')}hello${ok('Content-Length: 5')}hello`],
  ['100 with a length', `${lines('HTTP/1.1 100 Continue', 'Content-Length: 5')}hello${ok('Content-Length: 5')}hello`],
];

const toHead: readonly Short[] = [
  ['a body', `${ok('Content-Length: 5')}hello`, empty(200)],
  ['a second answer', `${ok('Content-Length: 5')}${evil}`, empty(200)],
  ['a second answer as its body', `${ok(`Content-Length: ${evil.length}`)}${evil}`, empty(200)],
  ['chunks', `${ok('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, empty(200)],
  ['two lengths', ok('Content-Length: 5', 'Content-Length: 6')],
  ['both framings', ok('Content-Length: 5', 'Transfer-Encoding: chunked')],
];

const framings: readonly Short[] = [
  ['two lengths', `${ok('Content-Length: 5', 'Content-Length: 6')}hello${evil}`],
  ['two lengths that are the same', `${ok('Content-Length: 5', 'Content-Length: 5')}hello${evil}`],
  ['both framings', `${ok('Content-Length: 5', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
  ['both framings, the coding first', `${ok('Transfer-Encoding: chunked', 'Content-Length: 5')}5\r\nhello\r\n0\r\n\r\n`],
  ['a coding in HTTP/1.0', `${lines('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
  ['chunked twice', `${ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
  ...['+5', '-5', '0x5', '5, 5', '5,6', '5 5', '5;', '', '5\0', '"5"', 'five', '18446744073709551621'].map(
    (value): Short => [`a length of ${show(value)}`, `${ok(`Content-Length: ${value}`)}hello${evil}`],
  ),
  ...['xchunked', 'chunked, gzip', 'gzip, chunked', 'gzip', 'identity', 'chunked, chunked', 'chunked;q=1', '', '"chunked"', 'chunked\0', '\x0bchunked', 'chunked\r\n x'].map(
    (value): Short => [`a coding of ${show(value)}`, `${ok(`Transfer-Encoding: ${value}`)}5\r\nhello\r\n0\r\n\r\n`],
  ),
  ...['Content-Length : 5', 'Transfer-Encoding : chunked', 'Content-Length\0: 5', ' Content-Length: 5', 'A: b\nContent-Length: 5', 'A: b\rContent-Length: 5'].map(
    (line): Short => [`a line of ${show(line)}`, `${ok(line)}hello`],
  ),
];

const chunked = (body: string): string => `${ok('Transfer-Encoding: chunked')}${body}`;
const chunks: readonly Short[] = [
  ...['0x5', '+5', '-5', '5 x', '', 'g', '5;a\rb', '5;a\nb', '5;\0', 'fffffffffffffffff', '5\r'].map(
    (size): Short => [`a size of ${show(size)}`, chunked(`${size}\r\nhello\r\n0\r\n\r\n${evil}`), cut('invalid-response')],
  ),
  ['a bare LF behind the size', chunked(`5\nhello\r\n0\r\n\r\n${evil}`), cut('invalid-response')],
  ['more data than its size', chunked(`5\r\nhello!\r\n0\r\n\r\n${evil}`), cut('invalid-response', 'hello')],
  ['something else behind the data', chunked(`5\r\nhelloXX0\r\n\r\n${evil}`), cut('invalid-response', 'hello')],
  ['a trailer that is a response', chunked(`5\r\nhello\r\n0\r\n${evil}`), cut('invalid-response', 'hello')],
  ['a trailer with a bare LF', chunked('5\r\nhello\r\n0\r\nA: b\nC: d\r\n\r\n'), cut('invalid-response', 'hello')],
  ['trailers, which go nowhere', chunked('5\r\nhello\r\n0\r\nSet-Cookie: a=b\r\n\r\n'), hello],
];

const heads: readonly Short[] = [
  ['bare LF throughout', ok('Content-Length: 5').replaceAll('\r\n', '\n') + 'hello'],
  ['bare LF behind the status line', `HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello`],
  ['a folded field', `${ok('Content-Length: 5', 'A: b', ' c')}hello`],
  ['a name with a space before the colon', `${ok('Content-Length: 5', 'A : b')}hello`],
  ['a line without a colon', `${ok('Content-Length: 5', 'A')}hello`],
  ...['\0', '\x01', '\x7f', '\r', '\n'].map((byte): Short => [`${show(byte)} in a value`, `${ok('Content-Length: 5', `A: b${byte}c: d`)}hello`]),
  ...['\r', '\n', '\0'].map((byte): Short => [`${show(byte)} in Location`, `${ok('Content-Length: 5', `Location: http://h/${byte}Set-Cookie: a=b`)}hello`]),
  ['a reason with a bare LF', `${lines('HTTP/1.1 200 O\nSet-Cookie: a=b', 'Content-Length: 5')}hello`],
  ['a reason with a bare CR', `${lines('HTTP/1.1 200 O\rSet-Cookie: a=b', 'Content-Length: 5')}hello`],
  ['a reason with a NUL, which goes', `${lines('HTTP/1.1 200 O\0K', 'Content-Length: 5')}hello`, hello],
  ['a reason in bytes beyond ASCII, and with colons', `${lines('HTTP/1.1 200 \xe9\xc4\x8d\xc4\x8aSet-Cookie: a=b', 'Content-Length: 5')}hello`, hello],
  ['letters that end a line when cut to a byte', `${ok('Content-Length: 5', 'Location: http://h/\xc4\x8d\xc4\x8aSet-Cookie: a=b')}hello`, hello],
  ['HTTP/2.0', `${lines('HTTP/2.0 200 OK', 'Content-Length: 5')}hello`],
  ['HTTP/0.9, which has no head', 'hello'],
  ['no status', `${lines('HTTP/1.1', 'Content-Length: 5')}hello`],
  ['a status of two digits', `${lines('HTTP/1.1 20 OK', 'Content-Length: 5')}hello`],
  ['a status of four digits', `${lines('HTTP/1.1 2000 OK', 'Content-Length: 5')}hello`],
  ['a status of 999', `${lines('HTTP/1.1 999 OK', 'Content-Length: 5')}hello`],
  ['a switch that nobody asked for', `${lines('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: x')}${evil}`],
  ['a switch that nobody asked for, to nothing', `${lines('HTTP/1.1 101 Switching Protocols')}${evil}`],
  ['garbage', 'garbage\r\n\r\n'],
];

export const answerRows: readonly AnswerRow[] = [
  ...rowsOf('GET', 'behind it', behind),
  ...rowsOf('HEAD', 'to HEAD', toHead),
  ...rowsOf('GET', 'framing', framings),
  ...rowsOf('GET', 'chunks', chunks),
  ...rowsOf('GET', 'a head', heads),
];
