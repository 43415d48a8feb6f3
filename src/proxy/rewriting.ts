/**
 * Between the wire and the pure functions on fields: what is known of a request when it arrives, what the chosen origin is
 * sent, and what the client gets back.
 */
import type { Random } from '../random.js';
import type { Downstream, RequestHead, ResponseHead, UpstreamRequest } from './engines/engine.js';
import {
  forHost,
  publicName,
  readRequestFields,
  requestFieldsForOrigin,
  responseFieldsForClient,
  type Fields,
  type PublicName,
  type RequestFields,
} from './fields.js';
import { clientAddress } from './forwarded.js';
import { publicLocation } from './location.js';
import type { OriginTarget } from './origin-target.js';
import { viaEntry, type ViaName } from './refusal.js';
import type { Alias, SiteNames } from './site-names.js';
import { plainAddress, type TrustedNetworks } from './trust.js';

export interface RewriteOptions {
  /** Whose name stands in the origin's Host: `rewrite` its own, `keep` the one that the client asked for. */
  readonly host: 'rewrite' | 'keep';
  readonly trusted: TrustedNetworks;
  readonly via: ViaName;
  /** Names that mean one site; without, each is one of its own. */
  readonly names?: SiteNames | undefined;
  /** Answers are for who knows the site by its own name alone: the cache. */
  readonly keepsOwnName?: boolean;
}

export interface Arrival {
  /** With the site's own name, whichever of its names was used. */
  readonly fields: RequestFields;
  /** As it came. */
  readonly host: string;
  /** When it was another name, and answers are to keep it. */
  readonly alias: Alias | undefined;
  /** Address of the connection. */
  readonly peer: string;
  readonly trusted: boolean;
  /** Address of the client, as far as the peer is believed. */
  readonly client: string;
  /** The one that a trusted peer gave. */
  readonly requestId: string | undefined;
}

export function readArrival({ request, client }: Downstream, options: RewriteOptions): Arrival {
  const received = readRequestFields(request.fields);
  const peer = plainAddress(client.address);
  const trusted = options.trusted.includes(peer);
  const fields = underOwnName(received, options.names);
  const names = (of: RequestFields): PublicName => publicName(of, client.secure, trusted);
  return {
    fields,
    host: received.host,
    alias: fields === received || options.keepsOwnName === true ? undefined : { own: names(fields), used: names(received) },
    peer,
    trusted,
    client: trusted ? clientAddress(peer, fields, options.trusted) : peer,
    requestId: trusted && /^[\w.:+/=@-]{1,128}$/.test(fields.requestId) ? fields.requestId : undefined,
  };
}

function underOwnName(received: RequestFields, names: SiteNames | undefined): RequestFields {
  if (names === undefined) return received;
  const host = names.own(received.host);
  const forwardedHost = received.forwardedHost === '' ? '' : names.own(received.forwardedHost);
  return host === received.host && forwardedHost === received.forwardedHost ? received : forHost(received, host, forwardedHost);
}

const hexBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight digits by table: `toString(16)` of what is no small integer was 17 % of the gateway's time. */
function hex8(random: Random): string {
  const bits = random.below(0x1_0000_0000);
  return `${hexBytes[bits >>> 24]}${hexBytes[(bits >>> 16) & 255]}${hexBytes[(bits >>> 8) & 255]}${hexBytes[bits & 255]}`;
}

/** 16 hexadecimal digits. To tell requests apart, not to be a secret. */
export const newRequestId = (random: Random): string => hex8(random) + hex8(random);

/** For `Via`: new with each start of a worker. */
export const newInstance = hex8;

export function requestForOrigin(
  downstream: Downstream,
  arrival: Arrival,
  requestId: string,
  origin: OriginTarget,
  options: RewriteOptions,
): UpstreamRequest {
  const { request, client } = downstream;
  const { fields, peer, trusted } = arrival;
  return {
    method: request.method,
    target: request.target,
    bodyBytes: request.bodyBytes,
    fields: requestFieldsForOrigin(fields, {
      host: options.host === 'keep' && fields.host !== '' ? fields.host : origin.authority,
      via: viaEntry(request.version, options.via),
      requestId,
      peer,
      secure: client.secure,
      trusted,
      maxForwards: request.method === 'OPTIONS' ? oneLess(fields.maxForwards) : fields.maxForwards,
    }),
  };
}

const hopCount = /^\d{1,9}$/;
const oneLess = (count: string): string => (hopCount.test(count) ? String(Math.max(0, Number(count) - 1)) : count);

/** `Max-Forwards: 0` asks about the proxy, not the origin (RFC 9110 §7.6.2). */
export const answersItself = ({ method }: RequestHead, { maxForwards }: RequestFields): boolean =>
  method === 'OPTIONS' && hopCount.test(maxForwards) && Number(maxForwards) === 0;

export const optionsFields: Fields = ['Allow', 'GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH'];

/** The origin's head, final or interim, as the client gets it. */
export function fieldsForClient(
  downstream: Downstream,
  arrival: Arrival,
  head: Omit<ResponseHead, 'reason'>,
  origin: OriginTarget,
  options: RewriteOptions,
): Fields {
  const toPublicName = (value: string): string =>
    publicLocation(value, origin, publicName(arrival.fields, downstream.client.secure, arrival.trusted));
  return responseFieldsForClient(head.fields, {
    method: downstream.request.method,
    status: head.status,
    bodyBytes: head.bodyBytes,
    // The version in which the origin answered is the engine's secret; every origin of today speaks 1.1.
    via: viaEntry('1.1', options.via),
    location: options.host === 'keep' ? undefined : toPublicName,
  });
}
