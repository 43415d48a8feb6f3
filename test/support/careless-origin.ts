/**
 * An origin that reads like the careless servers that request smuggling lives on, and says what it believes to have been asked.
 *
 * Any of CR, LF and CR LF ends a line, folded lines are joined, white space and control characters around names and values do not
 * count, `chunked` may stand anywhere in a coding, numbers are taken for as long as they are some. Of two framings it takes the one
 * that is its habit. What it was sent is read again by the other habit and by a reader that accepts one spelling alone: when all three
 * see the same requests, nobody behind the proxy can see others.
 */
import { startLenientOrigin } from './lenient-origin.js';
import type { RawSocket } from './raw-socket.js';

export type Habit = 'coding-first' | 'length-first';
export const habits: readonly Habit[] = ['coding-first', 'length-first'];

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case and values, in turns. */
  readonly fields: readonly string[];
  readonly body: string;
  /** False when more of it would have to come. */
  readonly complete: boolean;
}

/** Of the worker itself, when it looks after its origins. */
export const isProbe = ({ fields }: SeenRequest): boolean => fields.includes('roundhouse-probe');

/** What one reader makes of all bytes of a connection; an incomplete one is the last. */
export function readCarelessly(text: string, habit: Habit): SeenRequest[] {
  const seen: SeenRequest[] = [];
  for (let at = 0; at < text.length; ) {
    const head = /^(?:\r\n|\r(?!\n)|\n)*([^]*?)(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r(?!\n)|\n)/.exec(text.slice(at));
    if (head === null) break;
    const [line = '', ...lines] = (head[1] ?? '').replace(/(?:\r\n|\r(?!\n)|\n)[ \t]+/g, ' ').split(/\r\n|\r|\n/);
    const [method = '', target = ''] = line.trim().split(/[\s\0]+/);
    const fields = lines.flatMap(carelessField);
    at += head[0].length;
    const body = carelessBody(text.slice(at), fields, habit);
    seen.push({ method, target, fields, body: body.text, complete: body.length !== undefined });
    if (body.length === undefined) break;
    at += body.length;
  }
  return seen;
}

function carelessField(line: string): readonly [string, string] {
  const colon = line.includes(':') ? line.indexOf(':') : line.length;
  const trimmed = (part: string): string => part.replace(/^[\0-\x20\x7f-\xa0]+|[\0-\x20\x7f-\xa0]+$/g, '');
  return [trimmed(line.slice(0, colon)).toLowerCase().replaceAll('_', '-'), trimmed(line.slice(colon + 1))];
}

interface Body {
  readonly text: string;
  /** Undefined: it goes on. */
  readonly length: number | undefined;
}

function carelessBody(rest: string, fields: readonly string[], habit: Habit): Body {
  const length = fields[fields.indexOf('content-length') + 1];
  const hasLength = fields.includes('content-length');
  const isChunked = fields.some((name, i) => i % 2 === 0 && name === 'transfer-encoding' && /chunk/i.test(fields[i + 1] ?? ''));
  if (isChunked && !(hasLength && habit === 'length-first')) return carelessChunks(rest);
  const bytes = hasLength ? Math.max(0, carelessNumber(length ?? '', 10)) : 0;
  return { text: rest.slice(0, bytes), length: rest.length < bytes ? undefined : bytes };
}

const carelessNumber = (text: string, base: number): number => Number.parseInt(text.trim().replace(/^\+|_/g, ''), base) || 0;

function carelessChunks(rest: string): Body {
  let text = '';
  for (let at = 0; ; ) {
    const line = /^[^\r\n]*(?:\r\n|\r(?!\n|$)|\n)/.exec(rest.slice(at))?.[0];
    if (line === undefined) return { text, length: undefined };
    at += line.length;
    const size = carelessNumber(line, 16);
    if (size <= 0) {
      const end = /^(?:[^\r\n]+(?:\r\n|\r(?!\n)|\n))*(?:\r\n|\r(?!\n)|\n)/.exec(rest.slice(at))?.[0];
      return { text, length: end === undefined ? undefined : at + end.length };
    }
    text += rest.slice(at, at + size);
    at += size;
    if (at > rest.length) return { text, length: undefined };
    at += /^(?:\r\n|\r(?!\n)|\n|)/.exec(rest.slice(at))?.[0].length ?? 0;
  }
}

const strictHead = /^([A-Z]+) (\/[\x21\x22\x24-\x7e]*|\*) HTTP\/1\.1\r\n((?:[!#$%&'*+.^`|~0-9A-Za-z_-]+: (?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\r\n)*)\r\n/;

/** @throws Error for anything that is not written in the one way that nobody can misread. */
export function readStrictly(text: string): SeenRequest[] {
  const seen: SeenRequest[] = [];
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const head = strictHead.exec(rest);
    if (head === null) throw new Error(`not a request that has one reading: ${JSON.stringify(rest.slice(0, 500))}`);
    const [all, method = '', target = '', lines = ''] = head;
    const fields = lines.split('\r\n').slice(0, -1).flatMap(strictField);
    const body = strictBody(rest.slice(all.length), fields);
    seen.push({ method, target, fields, body: body.text, complete: body.length !== undefined });
    if (body.length === undefined) break;
    at += all.length + body.length;
  }
  return seen;
}

function strictField(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
}

function strictBody(rest: string, fields: readonly string[]): Body {
  const values = (wanted: string): string[] => fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === wanted);
  const [framing, ...others] = [...values('content-length'), ...values('transfer-encoding')];
  if (others.length > 0 || values('host').length !== 1) throw new Error('two framings, or not one Host');
  if (framing === undefined) return { text: '', length: 0 };
  if (framing === 'chunked') return strictChunks(rest);
  if (!/^(?:0|[1-9]\d*)$/.test(framing)) throw new Error(`not a length: ${framing}`);
  return { text: rest.slice(0, Number(framing)), length: rest.length < Number(framing) ? undefined : Number(framing) };
}

function strictChunks(rest: string): Body {
  let text = '';
  for (let at = 0; ; ) {
    const size = /^(0|[1-9a-f][0-9a-f]*)\r\n/.exec(rest.slice(at, at + 20));
    if (size === null && /^(?:[0-9a-f]*\r?)$/.test(rest.slice(at))) return { text, length: undefined };
    if (size === null) throw new Error(`not a chunk: ${JSON.stringify(rest.slice(at, at + 50))}`);
    const bytes = Number.parseInt(size[1] ?? '', 16);
    at += size[0].length;
    text += rest.slice(at, at + bytes);
    at += bytes;
    if (at + 2 > rest.length) return { text, length: undefined };
    if (rest.slice(at, at + 2) !== '\r\n') throw new Error('a chunk that does not end where it says, or trailers');
    at += 2;
    if (bytes === 0) return { text, length: at };
  }
}

export interface CarelessOrigin {
  readonly url: string;
  /** In order of arrival, with all that was sent on each. */
  readonly connections: readonly RawSocket[];
  close(): Promise<void>;
}

/** What to answer; the origin's own answer if it returns undefined. */
export type Play = (request: SeenRequest, connection: RawSocket) => string | undefined;

/** What the origin says of a request by itself: no two clients ask for the same. */
export const wordsOf = ({ method, target, body }: Pick<SeenRequest, 'method' | 'target' | 'body'>): string => `${method} ${target} ${body.length}`;

/** @param early the answer to a head whose body is not there yet. */
export async function startCarelessOrigin(habit: Habit, play: Play = ownAnswer, early: Play = () => undefined): Promise<CarelessOrigin> {
  const origin = await startLenientOrigin((connection) => {
    let answered = 0;
    let hinted = 0;
    connection.socket.on('data', () => {
      const all = readCarelessly(connection.text, habit);
      for (const request of all.slice(answered)) {
        if (!request.complete && hinted > answered) break;
        const text = request.complete ? (play(request, connection) ?? ownAnswer(request)) : (early(request, connection) ?? '');
        hinted = answered + 1;
        if (request.complete) answered += 1;
        connection.send(text);
      }
    });
    connection.socket.on('end', () => connection.end());
  });
  return {
    url: `http://127.0.0.1:${origin.origin.port}`,
    connections: origin.connections,
    close: () => origin.close(),
  };
}

function ownAnswer(request: SeenRequest): string {
  const words = wordsOf(request);
  return `HTTP/1.1 200 OK\r\nContent-Length: ${words.length}\r\n\r\n${request.method === 'HEAD' ? '' : words}`;
}
