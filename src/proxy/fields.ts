/**
 * Header fields as they stand on the wire, and what a proxy must do to them (RFC 9110 §7.6).
 *
 * Pure. A request's fields are read once, in one pass, into what every later step asks for; what the origin and the client
 * get is built from that. Fields that speak of one connection end here, in both directions, and so do claims about the
 * client by clients that nobody vouched for.
 */
import { forwardedElement } from './forwarded.js';

/** Alternating names and values: `[name, value, name, value, …]`. Order and letter case as received. */
export type Fields = readonly string[];

/** @param lowerName in lower case. The lengths are compared first because they nearly always decide. */
export const isNamed = (name: string, lowerName: string): boolean => name.length === lowerName.length && name.toLowerCase() === lowerName;

/** The same for many names. */
export function nameTest(lowerNames: Iterable<string>): (name: string) => boolean {
  const names = new Set(lowerNames);
  const lengths = new Uint8Array(Math.max(0, ...[...names].map(({ length }) => length)) + 1);
  for (const { length } of names) lengths[length] = 1;
  return (name) => lengths[name.length] === 1 && names.has(name.toLowerCase());
}

/** The value of the first field of that name; `lowerName` in lower case. */
export function fieldValue(fields: Fields, lowerName: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (isNamed(fields[i] as string, lowerName)) return fields[i + 1]; // i < length
  }
  return undefined;
}

/**
 * Of one connection, therefore never passed on (RFC 9110 §7.6.1; `Keep-Alive`, `Proxy-Connection`: RFC 9112 app. C.2.2;
 * `HTTP2-Settings`: RFC 7540 §3.2.1). Credentials for and challenges by proxies are ours to consume (RFC 9110 §11.7).
 */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
]);

/**
 * `Connection` may not nominate these: they are meant for all recipients, and taking them away between client and origin
 * is an attack (RFC 9110 §7.6.1: "MUST NOT send a connection option corresponding to a field intended for all recipients").
 */
const endToEnd: ReadonlySet<string> = new Set([
  'host',
  'via',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'cache-control',
  'vary',
  'age',
  'expires',
  'date',
  'etag',
  'last-modified',
  'location',
  'range',
  'authorization',
  'www-authenticate',
  'cookie',
  'set-cookie',
]);
const endToEndFamily = /^(?:content|if|x-forwarded)-/;

/** The fields that `Connection` names beyond those that go anyway; undefined in the usual case of none. */
function nominatedFields(connection: string): ReadonlySet<string> | undefined {
  const options = connection.toLowerCase();
  if (options === 'keep-alive' || options === 'close') return undefined; // most of the time
  let nominated: Set<string> | undefined;
  for (const option of options.split(',')) {
    const name = option.trim();
    if (name === '' || name === 'close' || hopByHop.has(name) || endToEnd.has(name) || endToEndFamily.test(name)) continue;
    nominated ??= new Set();
    nominated.add(name);
  }
  return nominated;
}

function withoutNominated(fields: string[], connection: string): string[] {
  const nominated = connection === '' ? undefined : nominatedFields(connection);
  if (nominated === undefined) return fields;
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length
    if (!nominated.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

const joined = (list: string, value: string): string => (list === '' ? value : `${list}, ${value}`);

/** A request's fields, taken apart. A list field is the value of all its lines, joined; '' where there was none. */
export interface RequestFields {
  /** Goes to the origin as it came. */
  readonly passed: Fields;
  readonly hostCount: number;
  readonly host: string;
  readonly via: string;
  readonly forwarded: string;
  readonly forwardedFor: string;
  readonly forwardedProto: string;
  readonly forwardedHost: string;
  readonly forwardedPort: string;
  /** Other statements about the client, `X-Forwarded-Prefix` for one: believed like the ones above. */
  readonly otherClaims: Fields;
  readonly requestId: string;
  readonly maxForwards: string;
}

type Slot = Exclude<keyof RequestFields, 'passed' | 'otherClaims' | 'host' | 'hostCount'>;

/** Where the fields go that are not simply passed on. */
const requestSlots: ReadonlyMap<string, Slot> = new Map([
  ['via', 'via'],
  ['forwarded', 'forwarded'],
  ['x-forwarded-for', 'forwardedFor'],
  ['x-forwarded-proto', 'forwardedProto'],
  ['x-forwarded-host', 'forwardedHost'],
  ['x-forwarded-port', 'forwardedPort'],
  ['x-request-id', 'requestId'],
  ['max-forwards', 'maxForwards'],
]);

/** Not hop-by-hop, but not passed on either: framing and `Expect` are each engine's own, `Proxy` is CVE-2016-5385 (httpoxy). */
const droppedFromRequests: ReadonlySet<string> = new Set([...hopByHop, 'content-length', 'expect', 'proxy']);

export function readRequestFields(fields: Fields): RequestFields {
  const passed: string[] = [];
  const otherClaims: string[] = [];
  const received = {
    passed,
    otherClaims,
    hostCount: 0,
    host: '',
    via: '',
    forwarded: '',
    forwardedFor: '',
    forwardedProto: '',
    forwardedHost: '',
    forwardedPort: '',
    requestId: '',
    maxForwards: '',
  };
  let connection = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    const value = fields[i + 1] as string;
    const lower = name.toLowerCase();
    const slot = requestSlots.get(lower);
    if (slot !== undefined) received[slot] = joined(received[slot], value);
    else if (lower === 'host') {
      received.host = value;
      received.hostCount += 1;
    } else if (lower === 'connection') connection = joined(connection, value);
    else if (isClaim(lower)) otherClaims.push(name, value);
    else if (!droppedFromRequests.has(lower) && !isDisguised(lower)) passed.push(name, value);
  }
  received.passed = withoutNominated(passed, connection);
  return received;
}

/** The same, as if the request had been for another name. Written out, as spreads are slow. */
export const forHost = (received: RequestFields, host: string, forwardedHost: string): RequestFields => ({
  passed: received.passed,
  otherClaims: received.otherClaims,
  hostCount: received.hostCount,
  host,
  via: received.via,
  forwarded: received.forwarded,
  forwardedFor: received.forwardedFor,
  forwardedProto: received.forwardedProto,
  forwardedHost,
  forwardedPort: received.forwardedPort,
  requestId: received.requestId,
  maxForwards: received.maxForwards,
});

/** Of a client that nobody vouches for. */
const noClaims = readRequestFields([]);

const isClaim = (lower: string): boolean => lower.startsWith('x-forwarded-') || lower === 'x-real-ip';

/** `X_Forwarded_For`: CGI and its heirs cannot tell it from the real one, so a field of ours in that dress is a forgery. */
function isDisguised(lower: string): boolean {
  if (!lower.includes('_')) return false;
  const plain = lower.replaceAll('_', '-');
  return requestSlots.has(plain) || droppedFromRequests.has(plain) || isClaim(plain);
}

/** How the client reached the tier, as far as we know or were credibly told. */
export interface PublicName {
  readonly scheme: 'http' | 'https';
  /** `www.example.org:8080`; empty when an HTTP/1.0 client named no host. */
  readonly authority: string;
}

export function publicName(received: RequestFields, secure: boolean, trusted: boolean): PublicName {
  const claimed = trusted ? firstOfList(received.forwardedProto).toLowerCase() : '';
  const scheme = claimed === 'http' || claimed === 'https' ? claimed : secure ? 'https' : 'http';
  return { scheme, authority: (trusted && firstOfList(received.forwardedHost)) || received.host };
}

function firstOfList(list: string): string {
  const comma = list.indexOf(',');
  return (comma < 0 ? list : list.slice(0, comma)).trim();
}

export interface RequestFieldsContext {
  /** Host for the origin. */
  readonly host: string;
  /** Ours for `Via`: `1.1 w1 (id)`. */
  readonly via: string;
  readonly requestId: string;
  /** Address of the connection. */
  readonly peer: string;
  readonly secure: boolean;
  /** Whether the peer's statements about its client are believed; else ours replace them. */
  readonly trusted: boolean;
  /** Max-Forwards when it is to be sent (RFC 9110 §7.6.2). */
  readonly maxForwards: string;
}

/** Everything but framing and what else speaks of the connection, which is the engine's: an upgrade's fields, too. */
export function requestFieldsForOrigin(received: RequestFields, context: RequestFieldsContext): string[] {
  const { peer, secure, trusted } = context;
  const claims = trusted ? received : noClaims;
  const scheme = secure ? 'https' : 'http';
  const fields = ['Host', context.host, ...received.passed];
  if (trusted) fields.push(...received.otherClaims);
  fields.push('Via', joined(received.via, context.via));
  fields.push('Forwarded', joined(claims.forwarded, forwardedElement(peer, scheme, received.host)));
  fields.push('X-Forwarded-For', joined(claims.forwardedFor, peer));
  fields.push('X-Forwarded-Proto', claims.forwardedProto || scheme);
  const host = claims.forwardedHost || received.host;
  if (host !== '') fields.push('X-Forwarded-Host', host);
  fields.push('X-Forwarded-Port', claims.forwardedPort || portOf(received.host, secure));
  fields.push('X-Request-Id', context.requestId);
  if (context.maxForwards !== '') fields.push('Max-Forwards', context.maxForwards);
  return fields;
}

function portOf(host: string, secure: boolean): string {
  const colon = host.lastIndexOf(':');
  const explicit = colon > host.lastIndexOf(']') ? host.slice(colon + 1) : '';
  return explicit || (secure ? '443' : '80');
}

export interface ResponseFieldsContext {
  readonly method: string;
  readonly status: number;
  /** Length of the body that follows; undefined when nobody knows. */
  readonly bodyBytes: number | undefined;
  /** Ours for `Via`. */
  readonly via: string;
  /** Maps the value of Location and Content-Location; undefined: leaves it. */
  readonly location: ((value: string) => string) | undefined;
}

export function responseFieldsForClient(fields: Fields, context: ResponseFieldsContext): string[] {
  const passed: string[] = [];
  let via = '';
  let connection = '';
  let contentLength: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    const value = fields[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'content-length') contentLength ??= value;
    else if (lower === 'connection') connection = joined(connection, value);
    else if (lower === 'via') via = joined(via, value);
    else if (lower === 'location' || lower === 'content-location') passed.push(name, context.location?.(value) ?? value);
    else if (!hopByHop.has(lower)) passed.push(name, value);
  }
  const kept = withoutNominated(passed, connection);
  if (contentLength !== undefined && keepsContentLength(contentLength, context)) kept.push('Content-Length', contentLength);
  kept.push('Via', joined(via, context.via));
  return kept;
}

/**
 * With HEAD and 304 it tells of a body that is not there; elsewhere it must tell the truth, which the engine found out
 * already (RFC 9112 §6.3); with 1xx and 204 it is forbidden (RFC 9110 §8.6).
 */
function keepsContentLength(value: string, { method, status, bodyBytes }: ResponseFieldsContext): boolean {
  if (!/^\d+$/.test(value) || status < 200 || status === 204) return false;
  return method === 'HEAD' || status === 304 || (bodyBytes !== undefined && Number(value) === bodyBytes);
}
