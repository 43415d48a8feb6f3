/**
 * What the DNS process counts. The responder and the sockets bump it, metrics read it at scrape time.
 */
import { createDistribution, createTally, type Distribution, type Tally } from '../tally.js';

/** The types that get a label of their own; the wire's others are `other`. */
export const queryTypes = ['A', 'AAAA', 'ANY', 'CAA', 'CNAME', 'HTTPS', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT', 'other', 'none'] as const;
/** `dropped`: no answer at all (not a query, or too short to answer). */
export const rcodes = ['NOERROR', 'NODATA', 'NXDOMAIN', 'REFUSED', 'FORMERR', 'NOTIMP', 'SERVFAIL', 'BADVERS', 'dropped'] as const;
export const transports = ['udp', 'tcp'] as const;
export type Transport = (typeof transports)[number];
export const rotatedTypes = ['A', 'AAAA'] as const;
/** What told where the client is: EDNS client subnet, or the address of who asks. */
export const locatedBy = ['subnet', 'source'] as const;
/** No label can be written like this. */
export const noLocation = '(none)';

export const tcpCloseReasons = ['client', 'idle', 'evicted', 'malformed', 'error', 'stopping'] as const;

/** Bytes; 512 and 1232 are the limits that matter. */
export const responseBytesBounds = [64, 128, 256, 512, 768, 1232, 4096, 16384, 65535] as const;
/** Seconds. */
export const ttlBoundsS = [0, 1, 2, 5, 10, 20, 30, 60, 120, 300, 3600] as const;

export interface DnsStats {
  /** By type, rcode and transport. NODATA is NOERROR without an answer. */
  readonly queries: Tally;
  /** Questions for the service by the location of the client and what told it; nothing where nobody wants to know. */
  readonly located: Tally;
  /** How often each member stood first in an answer, by member name and type. */
  readonly firstPlaces: Tally;
  readonly responseBytes: Distribution;
  /** TTL of rotated answers. */
  readonly ttlS: Distribution;
  readonly truncatedTotal: Tally;
  /** Responses not sent because the socket's queue was full. */
  udpSendDroppedTotal: number;
  tcpConnections: number;
  tcpConnectionsTotal: number;
  readonly tcpClosed: Tally;
}

/** @param memberNames the closed list of workers. @param locationNames that of places, where answers depend on them */
export function createDnsStats(memberNames: readonly string[], locationNames: readonly string[] = []): DnsStats {
  return {
    queries: createTally(queryTypes, rcodes, transports),
    located: createTally(locationNames.length === 0 ? [] : [...locationNames, noLocation], locatedBy),
    firstPlaces: createTally(memberNames, rotatedTypes),
    responseBytes: createDistribution(responseBytesBounds),
    ttlS: createDistribution(ttlBoundsS),
    truncatedTotal: createTally(transports),
    udpSendDroppedTotal: 0,
    tcpConnections: 0,
    tcpConnectionsTotal: 0,
    tcpClosed: createTally(tcpCloseReasons),
  };
}
