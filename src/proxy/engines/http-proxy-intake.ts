/**
 * Reads what node:http has parsed into a request head that everything behind may rely on, or says why it is none; and
 * decides which requests node hands over as upgrades.
 */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FaultCode } from '../fault.js';
import type { EngineLimits, RequestHead } from './engine.js';
import { requestLength } from './framing.js';
import { readTarget } from './request-target.js';
import { areFields } from './syntax.js';

const declined = new WeakSet<IncomingMessage>();

/** It asks for another protocol and does not get it. */
export const isDeclined = (message: IncomingMessage): boolean => declined.has(message);

/**
 * Makes node take for an upgrade only what will be one: a WebSocket handshake on a connection that owes no answer. It asks
 * `message.upgrade`, and with a listener for `upgrade` would otherwise hand over every request that names any protocol
 * (`curl --http2` names h2c), without parsing its body. All others, CONNECT too, become ordinary requests (RFC 9110 §7.8:
 * the field may be ignored). What follows such a request in the same packet node drops, hence `isDeclined`: it is the last
 * one on its connection. Node 24 has `shouldUpgradeCallback` for this.
 */
export function discerningMessage(isBusy: (socket: Socket) => boolean): typeof IncomingMessage {
  function DiscerningMessage(socket: Socket): IncomingMessage {
    const message = new IncomingMessage(socket);
    let flagged = false;
    let verdict: boolean | undefined;
    Object.defineProperty(message, 'upgrade', {
      set(value: boolean | null) {
        flagged = value === true;
      },
      get() {
        if (verdict !== undefined) return verdict;
        verdict = flagged && isWebSocketHandshake(message) && !isBusy(socket);
        if (flagged && !verdict) declined.add(message);
        return verdict;
      },
    });
    return message;
  }
  return DiscerningMessage as unknown as typeof IncomingMessage; // called with `new`, which then returns what we return
}

/** RFC 6455 §4.1. A handshake with a body is not one. */
function isWebSocketHandshake({ method, httpVersion, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || httpVersion !== '1.1' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}

export function readHead(message: IncomingMessage, limits: EngineLimits): RequestHead | FaultCode {
  const { method = '', url = '', rawHeaders, httpVersion } = message;
  if (url.length > limits.targetBytes) return 'target-too-long';
  if (rawHeaders.length / 2 > limits.headersMax || fieldBytes(rawHeaders) > limits.headerBytes) return 'fields-too-large';
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'malformed-request';
  if (!areFields(rawHeaders)) return 'malformed-request';
  const bodyBytes = requestLength(rawHeaders, httpVersion);
  if (bodyBytes === 'faulty') return 'malformed-request';
  const target = readTarget(method, url, rawHeaders, httpVersion);
  if (typeof target === 'string') return target;
  return { method, version: httpVersion, bodyBytes, ...target };
}

/** With the colon, the space and the line's end. */
function fieldBytes(fields: readonly string[]): number {
  let bytes = 0;
  for (const part of fields) bytes += part.length + 2;
  return bytes;
}
