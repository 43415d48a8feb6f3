/**
 * Requests that two parsers read in two ways, as raw bytes, and what becomes of each.
 *
 * Behind each row the test sends one more request, `GET /behind`. Behind what is refused it must never be admitted.
 */
import type { FaultCode } from '../../src/proxy/fault.js';

/** What the worker of these tests accepts at most. */
export const bodyBytes = 10_000;

/** Refused, for that reason. Or admitted: what the origin sees of it is `[target, body]`. */
export type Outcome = FaultCode | readonly (readonly [string, string])[];

interface HttpProxyRow {
  readonly outcome: Outcome;
  readonly why: string;
  /** It is refused when a request behind it in the same packet is admitted already, so none is sent until the refusal. */
  readonly late?: true;
}

export interface Row {
  readonly what: string;
  readonly bytes: string;
  readonly outcome: Outcome;
  /** Where the http-proxy engine, whose parser is node's, does otherwise. */
  readonly httpProxy: HttpProxyRow | undefined;
}

const show = (text: string): string => JSON.stringify(text).slice(1, -1);
const differs = (outcome: Outcome, why: string): Row['httpProxy'] => ({ outcome, why });
const behind = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
const post = (lines: readonly string[], body: string): string => ['POST /attack HTTP/1.1', 'Host: h', ...lines, '', body].join('\r\n');
const plain = (line: string, ...fields: readonly string[]): string => [line, ...fields, '', ''].join('\r\n');

type Short = readonly [string, string, Outcome?, Row['httpProxy']?];
const rowsOf = (rows: readonly Short[], group: string): Row[] =>
  rows.map(([what, bytes, outcome = 'malformed-request', httpProxy]) => ({ what: `${group}: ${what}`, bytes, outcome, httpProxy }));

// ---- both framings

/** By the length, all of this is the body; by the coding, there is a request in it. */
const codingTrick = `0\r\n\r\n${behind}`;
/** By the coding, all of this is one chunk; by the length, there is a request behind `4` + CR LF. */
const lengthTrick = `${behind.length.toString(16)}\r\n${behind}\r\n0\r\n\r\n`;

const both: readonly Short[] = [
  ['CL.TE', post([`Content-Length: ${codingTrick.length}`, 'Transfer-Encoding: chunked'], codingTrick)],
  ['CL.TE, the coding first', post(['Transfer-Encoding: chunked', `Content-Length: ${codingTrick.length}`], codingTrick)],
  ['TE.CL', post(['Content-Length: 4', 'Transfer-Encoding: chunked'], lengthTrick)],
  ['TE.CL, the coding first', post(['Transfer-Encoding: chunked', 'Content-Length: 4'], lengthTrick)],
  ['CL.0 with a coding', post(['Content-Length: 0', 'Transfer-Encoding: chunked'], codingTrick)],
  ['a coding in HTTP/1.0', post([`Content-Length: ${codingTrick.length}`, 'Transfer-Encoding: chunked'], codingTrick).replace('HTTP/1.1', 'HTTP/1.0')],
  ['a coding alone in HTTP/1.0', post(['Transfer-Encoding: chunked'], codingTrick).replace('HTTP/1.1', 'HTTP/1.0')],
  ['both, and Connection names the length', post(['Content-Length: 4', 'Transfer-Encoding: chunked', 'Connection: Content-Length'], lengthTrick)],
  ['both, and Connection names the coding', post([`Content-Length: ${codingTrick.length}`, 'Transfer-Encoding: chunked', 'Connection: Transfer-Encoding'], codingTrick)],
];

/** Values that somebody takes for `chunked` and somebody else does not. */
const codings = [
  'xchunked', 'chunkedx', 'chunk', 'chunke', 'chun ked', 'chunked chunked', 'chunked,', ',chunked', ', chunked', 'chunked, chunked',
  'chunked, identity', 'identity, chunked', 'identity', 'gzip', 'gzip, chunked', 'deflate, chunked', 'chunked, gzip', 'trailers',
  'chunked;', 'chunked;q=1', 'chunked; a=b', '"chunked"', '\'chunked\'', 'chunked"', '[chunked]', 'chunked=1', '', ',', '0', 'x',
  'chunked\x00', '\x00chunked', 'chunked\x01', '\x0bchunked', 'chunked\x0b', '\x0cchunked', 'chunked\x0c', 'chunked\x7f', '\x7fchunked',
  '\xa0chunked', 'chunked\xa0', '\x85chunked', 'chunked\x85', 'chunked\xff', '\xffchunked', '\xef\xbb\xbfchunked', '\xe2\x80\x8bchunked',
  '\rchunked', 'chunked\r', '\nchunked', 'chunked\n', 'chunked\r\n x', 'chunked\r\n\tx', '\r\n chunked', '\r\n\tchunked', 'x\r\n chunked',
] as const;

/** Lines that somebody takes for the field and somebody else does not. */
const codingLines = [
  'Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', ' Transfer-Encoding: chunked', '\tTransfer-Encoding: chunked',
  '\x00Transfer-Encoding: chunked', 'Transfer-Encoding\x00: chunked', 'Transfer\x00-Encoding: chunked', '\x0bTransfer-Encoding: chunked',
  'Transfer-Encoding\x0b: chunked', 'Transfer-Encoding\xa0: chunked', '\xa0Transfer-Encoding: chunked', 'Transfer Encoding: chunked',
  'Transfer-Encoding\r: chunked', 'Transfer-Encoding\n: chunked', 'Transfer-Encoding\r\n: chunked', 'Transfer-Encoding\r\n : chunked',
  'X: y\nTransfer-Encoding: chunked', 'X: y\rTransfer-Encoding: chunked', 'X: y\n\nTransfer-Encoding: chunked', 'X: y\r\rTransfer-Encoding: chunked',
  'X\nTransfer-Encoding: chunked', 'X:\nTransfer-Encoding: chunked', 'X: y\x00\r\nTransfer-Encoding: chunked', '"Transfer-Encoding": chunked',
  'Transfer-Encoding; chunked', 'Transfer-Encoding chunked', 'Transfer-Encoding=chunked', 'Transfer-Encoding', ': chunked', ':Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x', 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', 'Transfer-Encoding:\r\nTransfer-Encoding: chunked', 'Transfer-Encoding:\r\n\r\nchunked',
  'transfer-encoding:chunked', 'TRANSFER-ENCODING:\tchunked', 'Transfer-Encoding:  CHUNKED', 'Transfer-Encoding: chunked\t ',
] as const;

/** Other fields, whatever somebody may take them for: with a length they are no second framing, and not all may go on. */
const otherLines = [
  'Transfer_Encoding: chunked', 'transfer_encoding: chunked', 'X-Transfer-Encoding: chunked', 'Transfer-Encodings: chunked', 'Content-Encoding: chunked',
  'TE: chunked', 'TE: trailers, chunked', 'Trailer: Transfer-Encoding', 'Transfer-Encoding-: chunked', 'Transfer.Encoding: chunked', 'X: Transfer-Encoding: chunked',
  'Content_Length: 4', 'Content-Length-: 4', 'X-Content-Length: 4', 'Connection: Content-Length', 'Connection: Transfer-Encoding, Host', 'Trailer: Content-Length',
] as const;

const admittedBody = (body: string): Outcome => [['/attack', body]];

// ---- lengths

const lengths = [
  '+5', '-5', '0x5', '5,5', '5, 5', '5, 6', '5 5', '5;', '5; a=b', '5.0', '5.', '5e0', '5_0', '_5', '5x', 'x5', '', ',5', '5,', '"5"', '\'5\'', 'five', '٥',
  '5\x00', '\x005', '5\x0b', '\x0b5', '5\x0c', '\x0c5', '5\xa0', '\xa05', '5\x7f', '5\r', '\r5', '5\n', '\n5', '5\r\n 0', '\r\n 5', '\r\n5',
  '18446744073709551621', '9007199254740997', '9223372036854775813', '-18446744073709551611', '99999999999999999999999999999999',
].map((value) => Buffer.from(value, /[^\0-\xff]/.test(value) ? 'utf8' : 'latin1').toString('latin1'));

const lengthLines: readonly Short[] = [
  ['twice the same', post(['Content-Length: 5', 'Content-Length: 5'], 'hello')],
  ['two that differ', post(['Content-Length: 5', 'Content-Length: 6'], 'hello!')],
  ['two, one of them none', post(['Content-Length: 5', 'Content-Length: '], 'hello')],
  ['a space before the colon', post(['Content-Length : 5'], 'hello')],
  ['a NUL before the colon', post(['Content-Length\0: 5'], 'hello')],
  ['a second one behind a bare LF', post(['Content-Length: 5\nContent-Length: 0'], 'hello')],
  ['a second one behind a bare CR', post(['Content-Length: 5\rContent-Length: 0'], 'hello')],
  ['folded away', post(['X: y', ' Content-Length: 5'], 'hello')],
  ['leading zeros, read as what they are and written anew', post(['Content-Length: 0005'], 'hello'), admittedBody('hello')],
  ['spaces around it', post(['Content-Length:  5  '], 'hello'), admittedBody('hello')],
  ['a GET with one', post([`Content-Length: ${behind.length}`], behind).replace('POST', 'GET'), admittedBody(behind)],
  ['more than the limit, which does not wrap to 5', post(['Content-Length: 4294967301'], 'hello'), 'body-too-large'],
];

// ---- chunks

const chunked = (body: string): string => post(['Transfer-Encoding: chunked'], body);
const last = '\r\n0\r\n\r\n';

const sizes = [
  '0x5', '0X5', '+5', '-5', '5 ', '5\t', ' 5', '\t5', '5_', '_5', '5_0', '', 'g', '5g', '5h', '5,', '5.0', '5-', '"5"', '%35', '5\x00', '\x005', '5\x0b', '5\xa0', '\xa05',
  '10000000000000005', 'fffffffffffffffff', '5\r', '\r5', '\n5', '\r\n5',
  '5;', '5;;', '5 ;a', '5\t;a', '5;a\x00', '5;a\x01', '5;a\rb', '5;a\nb', '5;a\r\r', '5;a="\r', '5;a="\n', '5;a="b', '5;a=b"', '5;a="b"c', '5,a', '5a=b', '5;a b', '5;a\\b',
] as const;

/** An extension's grammar decides about nothing: none is passed on, and where it ends is agreed upon. */
const freeExtensions = differs(admittedBody('hello'), 'llhttp asks for tokens, and lets them be empty');

const chunks: readonly Short[] = [
  ...['5;=', '5;=b', '5;a;;b'].map((size): Short => [size, chunked(`${size}\r\nhello${last}`), 'malformed-request', freeExtensions]),
  // Behind what no body can have, the rest of the bytes would be of the body, up to the limit on it.
  ...['20000000000000', '8000000000000005', 'ffffffffffffffff'].map((size): Short => [
    `a size of ${size}`,
    chunked(`${size}\r\nhello${last}${behind}${'x'.repeat(2 * bodyBytes)}`),
    'malformed-request',
    differs('body-too-large', 'llhttp counts up to 2^64, so the limit on bodies ends it'),
  ]),
  ['a size of 17 digits', chunked(`00000000000000005\r\nhello${last}`), 'malformed-request', differs(admittedBody('hello'), 'llhttp takes zeros without end')],
  ['a bare LF behind the size', chunked(`5\nhello${last}`)],
  ['a bare CR behind the size', chunked(`5\rhello${last}`)],
  ['something else in the place of the LF behind the size', chunked(`5\rXhello${last}`)],
  ['something else in the place of the LF behind an extension', chunked(`5;a\rXhello${last}`)],
  ['something else in the place of the LF behind the data', chunked('5\r\nhello\rX0\r\n\r\n')],
  ['something else in the place of the CR behind the data', chunked('5\r\nhelloX\n0\r\n\r\n')],
  ['something else in the place of the LF behind the last size', chunked('5\r\nhello\r\n0\rX\r\n')],
  ['a bare LF behind the data', chunked('5\r\nhello\n0\r\n\r\n')],
  ['a bare CR behind the data', chunked('5\r\nhello\r0\r\n\r\n')],
  ['nothing behind the data', chunked('5\r\nhello0\r\n\r\n')],
  ['more data than its size', chunked('5\r\nhello!\r\n0\r\n\r\n')],
  ['less data than its size', chunked('6\r\nhello\r\n0\r\n\r\n')],
  ['an extension in an LF alone', chunked(`5;a=b\n${behind}`)],
  ['a bare LF behind the last size', chunked('5\r\nhello\r\n0\n\r\n')],
  ['a bare LF at the end', chunked('5\r\nhello\r\n0\r\n\n')],
  ['a signed last size', chunked('5\r\nhello\r\n-0\r\n\r\n')],
  ['a last size in hexadecimal dress', chunked('5\r\nhello\r\n0x0\r\n\r\n')],
  ['a space behind the last size', chunked('5\r\nhello\r\n0 \r\n\r\n')],
  ['a trailer that is a length', chunked('5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n')],
  ['a trailer that is a coding', chunked('5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n')],
  ['a trailer that is a Host', chunked('5\r\nhello\r\n0\r\nHost: other\r\n\r\n'), 'malformed-request', differs(admittedBody('hello'), 'node keeps trailers apart, and they go nowhere')],
  ['a trailer that is folded', chunked('5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n')],
  ['a trailer with a bare LF', chunked('5\r\nhello\r\n0\r\nA: b\nC: d\r\n\r\n')],
  ['a trailer with a bare CR', chunked('5\r\nhello\r\n0\r\nA: b\rC: d\r\n\r\n')],
  ['a trailer with a NUL', chunked('5\r\nhello\r\n0\r\nA: b\0\r\n\r\n')],
  ['a trailer with a space before the colon', chunked('5\r\nhello\r\n0\r\nA : b\r\n\r\n')],
  ['a trailer that is a request line', chunked(`5\r\nhello\r\n0\r\n${behind}`)],
  ['small and large digits, zeros before them', chunked(`00000000000000A\r\n0123456789\r\n00b\r\n01234567890${last}`), admittedBody('012345678901234567890')],
  ['several zeros for the last', chunked('5\r\nhello\r\n000\r\n\r\n'), admittedBody('hello')],
  ['extensions as the grammar has them, which go nowhere', chunked(`5;a;b=c;d="e;\\"\xe9"\r\nhello\r\n0;f=g\r\n\r\n`), admittedBody('hello')],
  ['trailers, which go nowhere', chunked('5\r\nhello\r\n0\r\nX-Forwarded-For: 1.1.1.1\r\nA: b\r\n\r\n'), admittedBody('hello')],
  ['a request as data', chunked(lengthTrick), admittedBody(behind)],
  ['any letter case', post(['Transfer-Encoding: ChUnKeD'], lengthTrick), admittedBody(behind)],
];

// ---- lines, targets and hosts

const moreSpaces = differs(admittedBody(''), 'llhttp takes several for one (RFC 9112 §3 allows it); one is written');

const heads: readonly Short[] = [
  ['bare LF throughout', plain('GET /attack HTTP/1.1', 'Host: h').replaceAll('\r\n', '\n')],
  ['bare LF behind the request line', 'GET /attack HTTP/1.1\nHost: h\r\n\r\n'],
  ['bare CR behind the request line', 'GET /attack HTTP/1.1\rHost: h\r\n\r\n'],
  ['bare LF between fields', 'GET /attack HTTP/1.1\r\nHost: h\nA: b\r\n\r\n'],
  ['bare LF at the end', 'GET /attack HTTP/1.1\r\nHost: h\r\n\n'],
  ['LF and CR the other way round', 'GET /attack HTTP/1.1\n\rHost: h\n\r\n\r'],
  ['CR CR LF', 'GET /attack HTTP/1.1\r\r\nHost: h\r\n\r\n'],
  ['white space behind the request line', 'GET /attack HTTP/1.1\r\n \r\nHost: h\r\n\r\n'],
  ['a first field that is folded', 'GET /attack HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n'],
  ['a field that is folded by a space', plain('GET /attack HTTP/1.1', 'Host: h', 'A: b', ' c')],
  ['a field that is folded by a tab', plain('GET /attack HTTP/1.1', 'Host: h', 'A: b', '\tc')],
  ['a Host that is folded', plain('GET /attack HTTP/1.1', 'Host:', ' h')],
  ['an empty fold', plain('GET /attack HTTP/1.1', 'Host: h', 'A: b', ' ')],
  ['white space alone in the last line', 'GET /attack HTTP/1.1\r\nHost: h\r\n \r\n\r\n'],
  ...['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1f', '\x7f', '\r', '\n'].flatMap((byte): Short[] => [
    [`${show(byte)} in a name`, plain('GET /attack HTTP/1.1', 'Host: h', `A${byte}B: c`)],
    [`${show(byte)} in a value`, plain('GET /attack HTTP/1.1', 'Host: h', `A: b${byte}c`)],
    [`${show(byte)} at the end of a value`, plain('GET /attack HTTP/1.1', 'Host: h', `A: b${byte}`)],
    [`${show(byte)} in the target`, plain(`GET /att${byte}ack HTTP/1.1`, 'Host: h')],
  ]),
  ...[' ', '\t', '(', ')', ',', '/', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '{', '}', '"', '\x80', '\xff'].map(
    (byte): Short => [`${show(byte)} in a name`, plain('GET /attack HTTP/1.1', 'Host: h', `A${byte}B: c`)],
  ),
  ['a line without a colon', plain('GET /attack HTTP/1.1', 'Host: h', 'A')],
  ['an empty name', plain('GET /attack HTTP/1.1', 'Host: h', ': b')],
  ['a space before the colon', plain('GET /attack HTTP/1.1', 'Host: h', 'A : b')],
  ['a tab before the colon', plain('GET /attack HTTP/1.1', 'Host: h', 'A\t: b')],
  ['two spaces before the target', plain('GET  /attack HTTP/1.1', 'Host: h'), 'malformed-request', moreSpaces],
  ['two spaces behind the target', plain('GET /attack  HTTP/1.1', 'Host: h'), 'malformed-request', moreSpaces],
  ['a space behind the version', plain('GET /attack HTTP/1.1 ', 'Host: h')],
  ['a tab in the place of a space', plain('GET\t/attack\tHTTP/1.1', 'Host: h')],
  ['a space in the target', plain('GET /att ack HTTP/1.1', 'Host: h')],
  ['a second version', plain('GET /attack HTTP/1.1 HTTP/1.1', 'Host: h')],
  ['a space before the method', plain(' GET /attack HTTP/1.1', 'Host: h')],
  ['no version', plain('GET /attack', 'Host: h')],
  ['HTTP/1.2', plain('GET /attack HTTP/1.2', 'Host: h')],
  ['HTTP/1.10', plain('GET /attack HTTP/1.10', 'Host: h')],
  ['HTTP/01.1', plain('GET /attack HTTP/01.1', 'Host: h')],
  ['HTTP/ 1.1', plain('GET /attack HTTP/ 1.1', 'Host: h')],
  ['HTTP/1,1', plain('GET /attack HTTP/1,1', 'Host: h')],
  ['http in small letters', plain('GET /attack http/1.1', 'Host: h')],
  ['a method in small letters', plain('get /attack HTTP/1.1', 'Host: h'), 'method-not-supported'],
  ['a method with a NUL', plain('GE\0T /attack HTTP/1.1', 'Host: h')],
  ['one empty line before it, as old clients send it', `\r\n${plain('GET /attack HTTP/1.1', 'Host: h')}`, admittedBody('')],
];

const hosts: readonly Short[] = [
  ['none', plain('GET /attack HTTP/1.1', 'A: b'), 'bad-host'],
  ['two', plain('GET /attack HTTP/1.1', 'Host: h', 'Host: other'), 'bad-host'],
  ['two that are the same', plain('GET /attack HTTP/1.1', 'Host: h', 'Host: h'), 'bad-host'],
  ['two, in other letters', plain('GET /attack HTTP/1.1', 'Host: h', 'hOST: other'), 'bad-host'],
  ['one of them empty', plain('GET /attack HTTP/1.1', 'Host:', 'Host: h'), 'bad-host'],
  ['two with an absolute target that agrees', plain('GET http://h/attack HTTP/1.1', 'Host: h', 'Host: h'), 'bad-host'],
  ['an absolute target without one', plain('GET http://h/attack HTTP/1.1', 'A: b'), 'bad-host'],
  ['an absolute target for another', plain('GET http://other/attack HTTP/1.1', 'Host: h'), 'bad-host'],
  ['an absolute target for another port', plain('GET http://h:81/attack HTTP/1.1', 'Host: h'), 'bad-host'],
  ['an absolute target for one that it begins with', plain('GET http://h.other/attack HTTP/1.1', 'Host: h'), 'bad-host'],
  ['an absolute target with user information', plain('GET http://h@other/attack HTTP/1.1', 'Host: h')],
  ['an absolute target of another scheme', plain('GET https://h/attack HTTP/1.1', 'Host: h')],
  ['an absolute target without a host', plain('GET http:///attack HTTP/1.1', 'Host: h')],
  ['an absolute target with a backslash', plain('GET http://h\\other/attack HTTP/1.1', 'Host: h'), 'bad-host', differs('malformed-request', 'llhttp refuses it before hosts are compared')],
  ['a target with a fragment', plain('GET /attack#/other HTTP/1.1', 'Host: h')],
  ['an absolute target that agrees but for letter case and port', plain('GET HTTP://H:80/attack HTTP/1.1', 'Host: h'), admittedBody('')],
  ...['h, other', 'h,other', 'h other', 'u@h', 'h/x', 'h?x', 'h#x', 'h\\x', 'h:80:80', 'h:99999', 'h:x', 'h:-1', '[::1', '::1', '[h]', '"h"', 'h\xff', '<h>', ''].map(
    (host): Short => [show(host), plain('GET /attack HTTP/1.1', `Host: ${host}`), 'bad-host'],
  ),
  ...['X-Forwarded-Host: other', 'Forwarded: host=other', 'X-Host: other', 'X_Forwarded_Host: other', 'X-Forwarded-Server: other'].map(
    (line): Short => [`beside ${line}`, plain('GET /attack HTTP/1.1', 'Host: h', line), admittedBody('')],
  ),
];

/** Bodies of what is refused, or has none by custom: whatever the answer, they are no requests. */
const sized = (line: string, ...fields: readonly string[]): string => plain(line, ...fields, `Content-Length: ${behind.length}`) + behind;
const readsOn: Row['httpProxy'] = { outcome: 'body-too-large', why: 'node reads the next head while a body that is there waits to be taken', late: true };
const bodies: readonly Short[] = [
  ['of CONNECT', sized('CONNECT h:80 HTTP/1.1', 'Host: h:80'), 'method-not-supported'],
  ['of TRACE', sized('TRACE /attack HTTP/1.1', 'Host: h'), 'method-not-supported'],
  ['of an unknown method', sized('SMUGGLE /attack HTTP/1.1', 'Host: h'), 'method-not-supported'],
  ['of a request for two hosts', sized('POST /attack HTTP/1.1', 'Host: h', 'Host: h'), 'bad-host'],
  ['of a request for another host', sized('POST http://other/attack HTTP/1.1', 'Host: h'), 'bad-host'],
  ['of a loop', sized('POST /attack HTTP/1.1', 'Host: h', 'Via: 1.1 w1'), 'loop-detected'],
  ['beyond the limit', plain('POST /attack HTTP/1.1', 'Host: h', `Content-Length: ${2 * bodyBytes}`) + behind.repeat(400).slice(0, 2 * bodyBytes), 'body-too-large'],
  ['beyond the limit, in chunks', chunked(`${bodyBytes.toString(16)}\r\n${behind.repeat(400).slice(0, bodyBytes)}\r\n1\r\nx${last}`), 'body-too-large', readsOn],
  ...['GET', 'DELETE', 'OPTIONS', 'PROPFIND'].flatMap((method): Short[] => [
    [`of ${method}`, sized(`${method} /attack HTTP/1.1`, 'Host: h'), admittedBody(behind)],
    [`of ${method}, in chunks`, chunked(lengthTrick).replace('POST', method), admittedBody(behind)],
  ]),
];

const expectations = ['100-continue', '100-Continue', '100-continue, 100-continue', 'y 100-continue', '100-continue;x', '"100-continue"', '100', '', '417', 'x'];

export const rows: readonly Row[] = [
  ...rowsOf(both, 'both framings'),
  ...rowsOf(
    codings.flatMap((value): Short[] => [
      [`${show(value)}, with a length`, post([`Content-Length: ${codingTrick.length}`, `Transfer-Encoding: ${value}`], codingTrick)],
      [`${show(value)}, alone`, post([`Transfer-Encoding: ${value}`], lengthTrick)],
    ]),
    'a coding',
  ),
  ...rowsOf(codingLines.map((line) => [show(line), post([`Content-Length: ${codingTrick.length}`, line], codingTrick)]), 'a coding line'),
  ...rowsOf(otherLines.map((line) => [line, post([`Content-Length: ${codingTrick.length}`, line], codingTrick), admittedBody(codingTrick)]), 'no framing'),
  ...rowsOf(lengths.map((value) => [show(value), post([`Content-Length: ${value}`], 'hello')]), 'a length'),
  ...rowsOf(lengthLines, 'a length'),
  ...rowsOf(sizes.map((size) => [show(size), chunked(`${size}\r\nhello${last}`)]), 'a chunk size'),
  ...rowsOf(chunks, 'chunks'),
  ...rowsOf(heads, 'a head'),
  ...rowsOf(hosts, 'a Host'),
  ...rowsOf(bodies, 'a body'),
  ...rowsOf(expectations.map((value) => [show(value), post([`Expect: ${value}`, `Content-Length: ${behind.length}`], behind), admittedBody(behind)]), 'Expect'),
  ...rowsOf(expectations.map((value) => [`${show(value)}, in chunks`, post([`Expect: ${value}`, 'Transfer-Encoding: chunked'], lengthTrick), admittedBody(behind)]), 'Expect'),
];
