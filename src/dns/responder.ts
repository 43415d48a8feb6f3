/**
 * From question to response: a pure function over bytes, with sockets nowhere in sight. The simulator calls it too.
 *
 * The question stays where it is, letter case and all (resolvers use it as a nonce), the prepared records are copied
 * behind it, and the header is written last; so `response` may be the very buffer of the query. No object is made for a
 * query and nothing is thrown at one. What does not fit over UDP is left out as a whole with TC set (RFC 2181 §9).
 */
import type { Locations } from '../pool/locations.js';
import type { Requestor } from '../pool/rotation.js';
import { observe } from '../tally.js';
import { createCounting } from './counting.js';
import { beginDraft, copyBytes, createDraft, finishDraft, optRoom, putRecords, type Draft } from './draft.js';
import { scanName } from './name.js';
import { createQuery, readQuery, SILENCE, type Query } from './query.js';
import { createRotatedSet, DOES_NOT_FIT, type RotatedSet } from './rotated-set.js';
import { locatedBy, type DnsStats, type Transport } from './stats.js';
import { encodeRecord, headerBytes, questionPointer, rcodeNumbers, recordFixedBytes, typeCodes } from './wire.js';
import { serviceIndex, type Zone, type ZoneNode } from './zone.js';

export interface ResponderOptions {
  readonly zone: Zone;
  readonly stats: DnsStats;
  /** Largest UDP response, also what our OPT record says: 512 to 65,535. */
  readonly ednsBytes: number;
  /** When answers of the service depend on where clients are: what EDNS client subnet (RFC 7871) is looked up in. */
  readonly locations?: Locations | undefined;
}

export interface Responder {
  /** No UDP response is longer. */
  readonly udpBytesMax: number;
  /** Requestors forgotten by the policy, of all rotated sets. */
  evictionsTotal(): number;
  /**
   * Answers the first `queryBytes` of `query` into `response`, which may be the same memory from the same offset.
   * Returns the length of the response; 0 means that none is to be sent.
   */
  respond(query: Uint8Array, queryBytes: number, requestor: Requestor, transport: Transport, response: Uint8Array): number;
}

const { NOERROR, SERVFAIL, NXDOMAIN, REFUSED } = rcodeNumbers;
const aliasesMax = 8;
const tcpBytesMax = 65_535;

export function createResponder({ zone, stats, ednsBytes, locations }: ResponderOptions): Responder {
  const query = createQuery(locations !== undefined);
  const draft = createDraft();
  const counting = createCounting(stats);
  const rotated = zone.rotated.map((options, index): Families => {
    const counted = index === serviceIndex ? stats : undefined;
    return { A: createRotatedSet('A', options, counted), AAAA: createRotatedSet('AAAA', options, counted) };
  });
  const lookup: Lookup = { zone, query, draft, rotated, locations, stats, client: { address: '', location: -1 } };

  return {
    udpBytesMax: ednsBytes,
    evictionsTotal: () => rotated.reduce((sum, { A, AAAA }) => sum + A.evictionsTotal() + AAAA.evictionsTotal(), 0),
    respond(message, bytes, requestor, transport, response) {
      let rcode = readQuery(query, message, bytes);
      const room = optRoom(query);
      if (rcode === SILENCE || query.questionEnd + room > response.length) {
        counting.dropped(transport);
        return 0;
      }
      const bytesMax = transport === 'tcp' ? tcpBytesMax : Math.min(query.payloadBytes, ednsBytes);
      if (response !== message) copyBytes(message, headerBytes, query.questionEnd, response, headerBytes);
      draft.to = response;
      draft.limit = Math.min(bytesMax, response.length) - room;
      beginDraft(draft, query.questionEnd);
      if (rcode === NOERROR) rcode = answer(lookup, requestor);
      const truncated = draft.overflowed && transport === 'udp';
      if (draft.overflowed) {
        if (transport === 'tcp') rcode = SERVFAIL; // there is no larger transport to come back over
        beginDraft(draft, query.questionEnd);
      }
      finishDraft(draft, query, message, rcode, truncated, ednsBytes);
      counting.answered(query, rcode, draft.answers === 0 && !truncated, transport);
      if (truncated) counting.truncated(transport);
      observe(stats.responseBytes, draft.at);
      return draft.at;
    },
  };
}

interface Lookup {
  readonly zone: Zone;
  readonly query: Query;
  readonly draft: Draft;
  readonly rotated: readonly Families[];
  readonly locations: Locations | undefined;
  /** The requestor and for whom it asks. */
  readonly client: { address: string; location: number };
  readonly stats: DnsStats;
}

interface Families {
  readonly A: RotatedSet;
  readonly AAAA: RotatedSet;
}

const anyAnswer = [encodeRecord({ type: 'HINFO', cpu: 'RFC8482', os: '' }, 3600)];

/** Fills the draft from the zone; returns the rcode. After an overflow, which shows in the draft, only the rcode counts. */
function answer(lookup: Lookup, requestor: Requestor): number {
  const { zone, query, draft } = lookup;
  const apexAt = zone.apexAt(query.name);
  if (apexAt < 0) return REFUSED;
  const soaOwner = questionPointer + apexAt;
  let node = zone.find(query.name, apexAt);
  let owner = questionPointer;
  for (let aliases = 0; node?.cname !== undefined && query.type !== typeCodes.CNAME; aliases += 1) {
    const targetAt = draft.at + recordFixedBytes;
    if (aliases === aliasesMax || !putAnswers(draft, node.cname, owner)) return NOERROR;
    // The rest of the chain is the resolver's business for ANY (RFC 8482 §4.1), and when the target is not ours.
    if (query.type === typeCodes.ANY || !scanName(query.name, draft.to, targetAt, draft.at)) return NOERROR;
    const targetApexAt = zone.apexAt(query.name);
    if (targetApexAt < 0) return NOERROR;
    node = zone.find(query.name, targetApexAt);
    owner = 0xc000 | targetAt; // at most 8 × 267 bytes behind the question, so within the 14 bits of a pointer
  }
  if (node !== undefined && putNode(lookup, node, owner, requestor)) return NOERROR;
  // Name errors are those of the last name in the chain (RFC 6604 §3), and the SOA lets caches keep the absence (RFC 2308 §3).
  if (putRecords(draft, zone.negativeSoa, soaOwner)) draft.authorities = 1;
  return node === undefined ? NXDOMAIN : NOERROR;
}

/** Writes what the node has of the type that is asked for. False: nothing, or it does not fit. */
function putNode(lookup: Lookup, node: ZoneNode, owner: number, requestor: Requestor): boolean {
  const { query: { type }, draft, rotated } = lookup;
  const families = node.rotated < 0 ? undefined : rotated[node.rotated];
  if (families !== undefined && (type === typeCodes.A || type === typeCodes.AAAA)) {
    const set = type === typeCodes.A ? families.A : families.AAAA;
    if (node.rotated !== serviceIndex || lookup.locations === undefined) return putRotated(draft, set, owner, requestor);
    return putLocated(lookup, lookup.locations, set, owner, requestor);
  }
  if (type === typeCodes.ANY && (families !== undefined || node.sets.length > 0)) return putAnswers(draft, anyAnswer, owner);
  for (const set of node.sets) {
    if (set.type === type) return putAnswers(draft, set.records, owner);
  }
  return false;
}

/** The same for those that the requestor asks for, if it said who they are: what is answered then holds for the scope alone. */
function putLocated(lookup: Lookup, locations: Locations, set: RotatedSet, owner: number, { address }: Requestor): boolean {
  const { query: { subnet }, client, draft } = lookup;
  client.address = address;
  if (subnet === undefined || subnet.sourceBits === 0) {
    client.location = locations.locate(address);
    countLocated(lookup, client.location, bySource);
    return putRotated(draft, set, owner, client);
  }
  client.location = locations.find(subnet.familyBits, subnet.address, subnet.sourceBits);
  const { scopeBits } = locations;
  countLocated(lookup, client.location, bySubnet);
  const isPut = putRotated(draft, set, owner, client);
  if (isPut || draft.overflowed) subnet.scopeBits = scopeBits; // that there is nobody at all holds for all (RFC 7871 §7.4)
  return isPut;
}

const [bySubnet, bySource] = [locatedBy.indexOf('subnet'), locatedBy.indexOf('source')];

/** Those that are nowhere come last. */
function countLocated({ stats: { located }, locations }: Lookup, location: number, by: number): void {
  located.add(location < 0 ? (locations?.names.length ?? 0) : location, by);
}

function putAnswers(draft: Draft, records: readonly Buffer[], owner: number): boolean {
  if (!putRecords(draft, records, owner)) return false;
  draft.answers += records.length;
  return true;
}

function putRotated(draft: Draft, set: RotatedSet, owner: number, requestor: Requestor): boolean {
  const count = set.put(draft.to, draft.at, draft.limit, owner, requestor);
  if (count === DOES_NOT_FIT) draft.overflowed = true;
  if (count <= 0) return false;
  draft.at += count * set.recordBytes;
  draft.answers += count;
  return true;
}
