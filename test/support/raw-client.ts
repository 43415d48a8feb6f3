/**
 * A raw HTTP/1.1 client for tests: sends exactly the bytes it is told to, and reads responses strictly, by RFC 9112 alone.
 */
import { connect, Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { SocketAddress } from '../../src/service.js';
import { RawSocket } from './raw-socket.js';

export interface RawResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** `[name, value]` in order, as on the wire. */
  readonly fields: readonly (readonly [string, string])[];
  /** Values of the fields of that name, in order. */
  values(name: string): string[];
  /** Without transfer coding; one character a byte. */
  readonly body: string;
  /** False when the connection ended before the message did. */
  readonly complete: boolean;
}

export class RawClient extends RawSocket {
  #offset = 0;

  /** The next response on the connection. @param method what it answers: HEAD has no body. */
  async response(method = 'GET'): Promise<RawResponse> {
    for (;;) {
      const parsed = parseResponse(this.text.slice(this.#offset), method, this.ending !== undefined);
      if (parsed !== undefined) {
        this.#offset += parsed.length;
        return parsed.response;
      }
      const before = this.bytes;
      await this.until(() => this.bytes > before).catch((error: unknown) => {
        if (this.bytes === this.#offset || this.ending === undefined) throw error;
      });
    }
  }

  /** What was received and is not part of a response that was read. */
  get rest(): string {
    return this.text.slice(this.#offset);
  }
}

/** Keeps its side open after the server's FIN, so that a test sees what each side does by itself. */
export async function connectRaw({ address, port }: { readonly address: string; readonly port: number }): Promise<RawClient> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  const client = new RawClient(socket);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.setNoDelay(true);
  return client;
}

/** The same over TLS; whose certificate it is does not matter here. */
export async function connectSecure(at: SocketAddress | Socket, options: ConnectionOptions = {}): Promise<RawClient> {
  const tcp = at instanceof Socket ? at : connect({ host: at.address, port: at.port, allowHalfOpen: true, noDelay: true });
  const socket = connectTls({ socket: tcp, rejectUnauthorized: false, servername: 'a.test', ...options });
  const client = new RawClient(socket, tcp);
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return client;
}

interface Parsed {
  readonly response: RawResponse;
  readonly length: number;
}

/** Undefined: more is needed. */
function parseResponse(text: string, method: string, ended: boolean): Parsed | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...fieldLines] = text.slice(0, headEnd).split('\r\n');
  const [, version = '', status = '', reason = ''] = /^HTTP\/(\d\.\d) (\d{3}) ([^\r\n]*)$/.exec(line) ?? [];
  if (version === '') throw new Error(`not a status line: ${JSON.stringify(line)}`);
  const fields = fieldLines.map(splitField);
  const values = (name: string): string[] => fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  const body = readBody(text.slice(headEnd + 4), Number(status), method, values, ended);
  if (body === undefined) return undefined;
  const response = { version, status: Number(status), reason, fields, values, body: body.text, complete: body.complete };
  return { response, length: headEnd + 4 + body.length };
}

function splitField(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a field line: ${JSON.stringify(line)}`);
  return [name, value];
}

interface Body {
  readonly text: string;
  readonly length: number;
  readonly complete: boolean;
}

function readBody(rest: string, status: number, method: string, values: (name: string) => string[], ended: boolean): Body | undefined {
  const none = { text: '', length: 0, complete: true };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return none;
  const codings = values('transfer-encoding');
  const lengths = values('content-length');
  if (codings.length + lengths.length > 1) throw new Error(`two framings: ${[...codings, ...lengths].join(' | ')}`);
  if (codings.length === 1) return readChunks(rest, ended);
  if (lengths.length === 1) {
    const length = Number(lengths[0]);
    if (rest.length >= length) return { text: rest.slice(0, length), length, complete: true };
    return ended ? { text: rest, length: rest.length, complete: false } : undefined;
  }
  return ended ? { text: rest, length: rest.length, complete: true } : undefined;
}

/** The content of a complete chunked body. */
export function dechunk(text: string): string {
  const body = readChunks(text, true);
  if (body === undefined || !body.complete || body.length !== text.length) throw new Error(`not one chunked body: ${JSON.stringify(text)}`);
  return body.text;
}

function readChunks(rest: string, ended: boolean): Body | undefined {
  let text = '';
  let at = 0;
  for (;;) {
    const match = /^([0-9a-fA-F]+)\r\n/.exec(rest.slice(at, at + 20));
    const size = match === null ? 0 : Number.parseInt(match[1] as string, 16); // group 1 is not optional
    const end = at + (match?.[0].length ?? 0) + size + 2;
    if (match === null || rest.length < end) return ended ? { text, length: rest.length, complete: false } : undefined;
    if (rest.slice(end - 2, end) !== '\r\n') throw new Error('a chunk that does not end where it says');
    text += rest.slice(end - 2 - size, end - 2);
    at = end;
    if (size === 0) return { text, length: at, complete: true };
  }
}
