/**
 * The same bytes read by the native engine's connection and by Node's llhttp, each over a stream in memory: what did each take for
 * requests, or for a response?
 */
import { Agent, createServer, request as clientRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { createVirtualClock } from '../../../../src/clock.js';
import type { FaultCode } from '../../../../src/proxy/fault.js';
import type { EngineLimits } from '../../../../src/proxy/engines/engine.js';
import { BodyReader } from '../../../../src/proxy/engines/native/body-reader.js';
import { ClientConnection } from '../../../../src/proxy/engines/native/client-connection.js';
import type { ConnectionContext } from '../../../../src/proxy/engines/native/connection-context.js';
import { HeadBuffer } from '../../../../src/proxy/engines/native/head-buffer.js';
import { readResponseHead } from '../../../../src/proxy/engines/native/response-head.js';
import { createTimeoutList } from '../../../../src/proxy/timeouts.js';

export interface Message {
  readonly line: string;
  readonly fields: readonly string[];
  body: string;
  complete: boolean;
}

export interface Verdict {
  readonly messages: readonly Message[];
  /** Why it read no further; undefined when all was read. */
  readonly fault: string | undefined;
}

export const limits: EngineLimits = {
  ...{ headerBytes: 8192, headersMax: 100, targetBytes: 4096, connectionsMax: 10 },
  ...{ originConnectionsMax: 10, originIdleMax: 10, originRequestsMax: 10 },
};

/** A connection's other end, in memory: what is written to it is thrown away. */
function stream(): Duplex & Pick<Socket, 'resetAndDestroy' | 'setTimeout' | 'setNoDelay' | 'setKeepAlive' | 'destroySoon'> {
  const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done(), allowHalfOpen: true });
  const self = (): never => duplex as never;
  const destroy = (): never => duplex.destroy() as never;
  const more = { resetAndDestroy: destroy, destroySoon: destroy, setTimeout: self, setNoDelay: self, setKeepAlive: self };
  return Object.assign(duplex, more) as never; // enough of a socket
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function feed(duplex: Duplex, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (duplex.destroyed) break;
    duplex.push(piece);
    await turn();
  }
  await turn();
}

/** Answers each request at once, and never says that it is the last: how far would it read? */
export async function readByOurs(pieces: readonly Buffer[]): Promise<Verdict> {
  const clock = createVirtualClock();
  const list = createTimeoutList<ClientConnection>(clock, 1e9, () => undefined);
  const messages: Message[] = [];
  let fault: FaultCode | undefined;
  const context: ConnectionContext<ClientConnection> = {
    ...{ limits, headers: list, request: list, keepAlive: list, linger: list },
    ...{ date: () => 'now', isStopping: () => false, prepared: undefined },
    onExchange(exchange) {
      const { method, target, version, fields } = exchange.request;
      const message: Message = { line: `${method} ${target} ${version}`, fields, body: '', complete: exchange.requestComplete };
      messages.push(message);
      const answer = (): void => {
        message.complete = true;
        exchange.respond({ status: 204, reason: '', fields: [], bodyBytes: 0 }, false);
        exchange.end();
      };
      exchange.listen({
        onData: (chunk) => void (message.body += chunk.toString('latin1')),
        onEnd: answer,
        onDrain: () => undefined,
        onAbort: (code) => void (fault ??= code),
        onSent: () => undefined,
      });
      exchange.resume();
    },
    onBrokenRequest: (code) => {
      fault ??= code;
      return { fields: [], body: Buffer.alloc(0) };
    },
  };
  const duplex = stream();
  const socket = duplex as unknown as Socket;
  new ClientConnection(socket, socket, { address: '192.0.2.1', port: 1, secure: false }, context);
  await feed(duplex, pieces);
  duplex.destroy();
  return { messages, fault };
}

export async function readByNode(pieces: readonly Buffer[]): Promise<Verdict> {
  const messages: Message[] = [];
  let fault: string | undefined;
  const onRequest: RequestListener = (incoming, response) => {
    const message = messageOf(`${incoming.method ?? ''} ${incoming.url ?? ''} ${incoming.httpVersion}`, incoming);
    messages.push(message);
    incoming.on('end', () => response.writeHead(204).end());
  };
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 65_536, keepAliveTimeout: 0 }, onRequest);
  server.on('checkExpectation', onRequest); // of what nobody knows, which we ignore (RFC 9110 §10.1.1)
  server.maxHeadersCount = 0;
  server.on('clientError', (error: Error & { code?: string }) => void (fault ??= error.code ?? error.message));
  server.on('connect', () => void (fault ??= 'CONNECT'));
  const duplex = stream();
  server.emit('connection', duplex);
  await feed(duplex, pieces);
  duplex.destroy();
  return { messages, fault };
}

function messageOf(line: string, incoming: IncomingMessage): Message {
  const message: Message = { line, fields: incoming.rawHeaders, body: '', complete: false };
  incoming.on('data', (chunk: Buffer) => void (message.body += chunk.toString('latin1')));
  incoming.on('end', () => void (message.complete = incoming.complete));
  incoming.on('error', () => undefined);
  return message;
}

/** By the codec alone. */
export function readResponseByOurs(bytes: Buffer, method: string): Verdict {
  const head = new HeadBuffer();
  const body = new BodyReader();
  let at = 0;
  for (;;) {
    at = head.push(bytes, at);
    if (at < 0) return { messages: [], fault: 'incomplete' };
    const read = readResponseHead(head.text, method);
    if (read === undefined || read.status === 101) return { messages: [], fault: 'invalid-response' };
    if (read.status < 200) continue;
    const message: Message = { line: `${read.status} ${read.version}`, fields: read.fields, body: '', complete: false };
    body.begin(read.end, read.bodyBytes ?? 0);
    for (let step = body.next(bytes, at); ; step = body.next(bytes, body.at)) {
      if (step === 'data') message.body += bytes.toString('latin1', body.from, body.to);
      else {
        message.complete = step === 'end' || (step === 'more' && body.endsWithConnection);
        return { messages: [message], fault: step === 'broken' ? step : undefined };
      }
    }
  }
}

export async function readResponseByNode(bytes: Buffer, method: string): Promise<Verdict> {
  const messages: Message[] = [];
  let fault: string | undefined;
  const duplex = stream();
  const agent = new Agent();
  agent.createConnection = () => duplex;
  const asked = clientRequest({ agent, method, host: 'o', path: '/', maxHeaderSize: 65_536 });
  asked.maxHeadersCount = 0;
  asked.on('response', (incoming) => void messages.push(messageOf(`${incoming.statusCode ?? 0} ${incoming.httpVersion}`, incoming)));
  asked.on('upgrade', () => void (fault ??= 'upgrade'));
  asked.on('error', (error: Error & { code?: string }) => void (fault ??= error.code ?? error.message));
  asked.end();
  await turn();
  duplex.push(bytes);
  duplex.push(null);
  await turn();
  await turn();
  duplex.destroy();
  return { messages, fault };
}

