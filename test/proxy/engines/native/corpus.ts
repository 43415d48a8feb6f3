/**
 * Messages made at random, from a seed: valid ones by the grammar, and mutations of them that are almost valid.
 */
import type { Random } from '../../../../src/random.js';

const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)] as T; // below its length
const times = (random: Random, most: number): number[] => Array.from({ length: random.below(most + 1) }, (_, index) => index);

const tokens = ['a', 'X-Thing', 'accept', 'Cookie', 'x_y', "!#$%&'*+.^_`|~0-9"];
const values = ['', 'b', 'two words', 'caf\xe9', '"quoted, text"', 'a;b=c', 'x'.repeat(200), 'tab\there', '\x80\xff'];
const targets = ['/', '/a/b?c=d&e', '/%00%0d%0a', '//x//', '/a|b\\c"<>^`{}', '*', 'http://h/p', 'http://h', '/;p?q?'];
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD', 'PROPFIND'];
const spaces = ['', ' ', '  ', '\t', ' \t '];

function fieldLines(random: Random): string {
  return times(random, 4).map(() => `${pick(random, tokens)}:${pick(random, spaces)}${pick(random, values)}${pick(random, spaces)}\r\n`).join('');
}

const bodyText = (random: Random): string => times(random, 40).map(() => String.fromCharCode(random.below(256))).join('');

const extensions = ['', '', '', ';a', ';a=b', ';a="q \\" ;=x"', ';a=b;c'];

function chunked(random: Random): string {
  const chunks = times(random, 3).map(() => {
    const data = `x${bodyText(random)}`;
    const size = pick(random, [data.length.toString(16), data.length.toString(16).toUpperCase(), `00${data.length.toString(16)}`]);
    return `${size}${pick(random, extensions)}\r\n${data}\r\n`;
  });
  const trailers = random.below(3) === 0 ? `T: ${pick(random, values)}\r\n` : '';
  return `${chunks.join('')}0${pick(random, extensions)}\r\n${trailers}\r\n`;
}

function framed(random: Random): string {
  switch (random.below(3)) {
    case 0:
      return '\r\n';
    case 1: {
      const body = bodyText(random);
      return `Content-Length: ${body.length}\r\n\r\n${body}`;
    }
    default:
      return `Transfer-Encoding: ${pick(random, ['chunked', 'Chunked'])}\r\n\r\n${chunked(random)}`;
  }
}

/** What speaks of the connection, and leaves it open. */
const options = ['', '', '', '', 'Connection: keep-alive\r\n', 'Connection: X-Thing, TE\r\n', 'Expect: 100-continue\r\n', 'TE: trailers\r\n', 'Keep-Alive: timeout=5\r\n'];

/** One or more requests that any reader of HTTP/1.1 must accept; after one of HTTP/1.0 nobody reads on. */
export function validRequests(random: Random): string {
  const requests = [0, ...times(random, 2)].map(() => {
    const target = pick(random, targets);
    const method = target === '*' ? 'OPTIONS' : pick(random, methods);
    return `${method} ${target} HTTP/1.1\r\nHost: h\r\n${pick(random, options)}${fieldLines(random)}${framed(random)}`;
  });
  if (random.below(6) === 0) requests.push(`${pick(random, methods)} /old HTTP/1.0\r\n${fieldLines(random)}${framedByLength(random)}`);
  return requests.join('');
}

function framedByLength(random: Random): string {
  const body = bodyText(random);
  return pick(random, ['\r\n', `Content-Length: ${body.length}\r\n\r\n${body}`]);
}

const interims = ['', '', '', '', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n'];

/** One final response, with interim ones before it. */
export function validResponse(random: Random, method: 'GET' | 'HEAD'): string {
  const interim = times(random, 2).map(() => pick(random, interims)).join('');
  const status = pick(random, ['HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 599 ', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 204 No Content', 'HTTP/1.0 200 OK']);
  return `${interim}${status}\r\n${fieldLines(random)}${restOf(random, status, method)}`;
}

function restOf(random: Random, status: string, method: 'GET' | 'HEAD'): string {
  if (status.includes('204')) return '\r\n';
  if (method === 'HEAD' || status.includes('304')) return pick(random, ['\r\n', 'Content-Length: 5\r\n\r\n']);
  if (status.includes('1.0')) return framedByLength(random);
  // Without a word about its length it goes on to the close.
  return random.below(5) === 0 ? `\r\n${bodyText(random)}` : framed(random);
}

/** What parsers are known to disagree about. */
const pieces = [
  '\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', ',', '=', '"', '\\', '\x0b', '\x7f', '\x80', '0', '1', 'a', 'f', 'g', '-', '+', '0x', '_', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0',
  'chunked', 'identity', 'gzip', 'Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding: chunked, identity\r\n',
  'Transfer-Encoding : chunked\r\n', 'Transfer-Encoding:\tchunked\r\n', ' Content-Length: 3\r\n', 'Content-Length: 3, 3\r\n', 'Content_Length: 3\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n', 'Upgrade: x\r\n',
  'Expect: 100-continue\r\n', 'Host: other\r\n', 'GET / HTTP/1.1\r\n\r\n', '\r\n\r\n', 'ffffffffffffffff', '\x85', '\xa0', 'X-Y: z\n', 'a b: c\r\n', ': v\r\n', '100000000000000000000',
];

/** One to four changes at random places, most of them near the beginnings and ends of lines. */
export function mutated(text: string, random: Random): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count -= 1) changed = change(changed, random);
  return changed;
}

function change(text: string, random: Random): string {
  const at = placeIn(text, random);
  const to = Math.min(text.length, at + random.below(5));
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, to) + text.slice(at); // some of it twice
    case 3: {
      const end = text.indexOf('\r\n', at);
      return end < 0 ? text : text.slice(0, end + 2) + text.slice(at); // a line, or half of it, twice
    }
    default:
      return text.slice(0, at) + pick(random, pieces) + text.slice(at);
  }
}

function placeIn(text: string, random: Random): number {
  const at = random.below(text.length + 1);
  const line = text.indexOf('\r\n', at);
  return line < 0 || random.below(2) === 0 ? at : line + 2 * random.below(2);
}

/** The same bytes as the network may bring them. */
export function inPieces(text: string, random: Random): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  if (random.below(2) === 0) return [bytes];
  const cuts = times(random, 3).map(() => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length)).filter(({ length }) => length > 0);
}
