/**
 * What attempts and tunnels share: the request as http-proxy is told of it, and the response as node tells of it.
 *
 * http-proxy makes the ClientRequest. Everything that it would put in it is replaced before a byte is rendered: it rewrites
 * paths (`//` becomes `/`), and gives DELETE and OPTIONS a `content-length: 0` while the body still flows, which is a
 * request-smuggling hole.
 */
import type { ClientRequest, IncomingMessage, Agent } from 'node:http';
import type { Origin, ResponseHead, UpstreamRequest } from './engine.js';
import { responseLength } from './framing.js';
import { areFields, cleanReason } from './syntax.js';

export interface ProxyOptions {
  readonly target: { readonly protocol: string; readonly host: string; readonly hostname: string; readonly port: number };
  readonly agent: Agent;
  readonly toProxy: true;
  readonly selfHandleResponse: true;
}

export function proxyOptions({ scheme, host, port }: Origin, agent: Agent): ProxyOptions {
  // toProxy spares us its url.parse, which throws at some of what a client may send.
  return { target: { protocol: `${scheme}:`, host, hostname: host, port }, agent, toProxy: true, selfHandleResponse: true };
}

/** All that http-proxy looks at in a request. The target is not shown to it. */
export interface StandInRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly socket: { readonly destroyed: boolean };
  on(): void;
}

export function standInRequest(method: string, headers: Record<string, string>): StandInRequest {
  // `on`: for 'aborted' and 'error', which we handle with the ClientRequest in our own hands. Not `destroyed`, or http-proxy
  // would keep errors to itself.
  return { method, url: '/', headers, socket: { destroyed: false }, on: () => undefined };
}

/** Order and case as given; lines of one name are sent together (RFC 9110 §5.3 allows it), several Cookie lines as one. */
export function writeRequestHead(made: ClientRequest, { target }: UpstreamRequest, framedFields: readonly string[]): void {
  made.path = target;
  made.maxHeadersCount = 0; // else node drops response fields beyond the thousandth in silence
  Object.assign(made, { insecureHTTPParser: false }); // whatever the command line says; missing in its type
  for (const name of made.getHeaderNames()) made.removeHeader(name);
  for (let i = 0; i < framedFields.length; i += 2) made.appendHeader(framedFields[i] as string, framedFields[i + 1] as string); // pairs
}

/** Undefined for what is not a valid final response; 1xx are not, and statuses above 599 do not exist (RFC 9110 §15). */
export function readResponseHead(response: IncomingMessage, method: string): ResponseHead | undefined {
  const { statusCode: status = 0, statusMessage = '', httpVersion, rawHeaders: fields } = response;
  if (status < 200 || status > 599 || (httpVersion !== '1.1' && httpVersion !== '1.0') || !areFields(fields)) return undefined;
  const bodyBytes = responseLength(fields, httpVersion, method, status);
  return bodyBytes === 'faulty' ? undefined : { status, reason: cleanReason(statusMessage), fields, bodyBytes };
}
