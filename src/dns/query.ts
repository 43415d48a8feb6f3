/**
 * Reads a query in one pass, into a struct that is used again for the next one. This is the only code that meets a
 * stranger's bytes: it allocates nothing, throws nothing and never reads beyond the message.
 */
import { createSubnet, forgetSubnet, readSubnet, type ClientSubnet } from './client-subnet.js';
import { createNameScan, scanName, skipName, type NameScan } from './name.js';
import { classIn, headerBytes, questionTailBytes, rcodeNumbers, typeCodes } from './wire.js';

export interface Query {
  readonly name: NameScan;
  type: number;
  /** Where the question ends; `headerBytes` while none was read, and the response then carries none. */
  questionEnd: number;
  /** Whether an OPT record was read; then the response has one too (RFC 6891 §6.1.1). */
  edns: boolean;
  ednsVersion: number;
  /** The DO bit, which is copied (RFC 3225 §3). */
  dnssecOk: boolean;
  /** Largest response the requestor takes over UDP. */
  payloadBytes: number;
  /** For whom the requestor asks; undefined where nobody wants to know. */
  readonly subnet: ClientSubnet | undefined;
}

/** @param wantsSubnet whether EDNS client subnet is read; otherwise it is an option like any other, and ignored. */
export function createQuery(wantsSubnet = false): Query {
  const subnet = wantsSubnet ? createSubnet() : undefined;
  const edns = { edns: false, ednsVersion: 0, dnssecOk: false, payloadBytes: 0, subnet };
  return { name: createNameScan(), type: 0, questionEnd: headerBytes, ...edns };
}

/** No answer at all: not a query, or too short to be one. Answering a response would let two servers talk for ever. */
export const SILENCE = -1;
const { NOERROR, FORMERR, NOTIMP, REFUSED, BADVERS } = rcodeNumbers;
const udpBytesWithoutEdns = 512;

/** @returns the rcode that the form of the query calls for, NOERROR if it can be looked up, or SILENCE. */
export function readQuery(query: Query, message: Uint8Array, bytes: number): number {
  query.type = 0;
  query.questionEnd = headerBytes;
  query.edns = false;
  query.payloadBytes = udpBytesWithoutEdns;
  if (query.subnet !== undefined) forgetSubnet(query.subnet);
  if (bytes < headerBytes) return SILENCE;
  const flags = message[2] as number; // bytes ≥ 12
  if ((flags & 0x80) !== 0) return SILENCE;
  if ((flags & 0x78) !== 0) return NOTIMP; // another opcode lays its message out in its own way
  if (uint16(message, 4) !== 1) return FORMERR; // RFC 9619
  if (!scanName(query.name, message, headerBytes, bytes)) return FORMERR;
  const tail = headerBytes + query.name.bytes;
  if (tail + questionTailBytes > bytes) return FORMERR;
  query.type = uint16(message, tail);
  query.questionEnd = tail + questionTailBytes;
  if (query.type === typeCodes.AXFR || query.type === typeCodes.IXFR) return REFUSED; // before the counts: IXFR brings an SOA along
  if (uint16(message, 6) !== 0 || uint16(message, 8) !== 0) return FORMERR;
  if (!readAdditional(query, message, bytes)) return FORMERR;
  if (query.edns && query.ednsVersion > 0) return BADVERS;
  if (uint16(message, tail + 2) !== classIn) return REFUSED;
  return verdictOnType(query.type);
}

/** What is no data type cannot be looked up. The verdicts are BIND's; for type 128 RFC 9824 asks for FORMERR too. */
function verdictOnType(type: number): number {
  if (type === typeCodes.MAILA || type === typeCodes.MAILB) return NOTIMP;
  return type === typeCodes.OPT || (type >= 128 && type <= 250) ? FORMERR : NOERROR;
}

/** The loop ends with the message: a record takes 11 bytes at least, whatever the count says. */
function readAdditional(query: Query, message: Uint8Array, bytes: number): boolean {
  let at = query.questionEnd;
  for (let left = uint16(message, 10); left > 0; left -= 1) {
    const fixed = skipName(message, at, bytes);
    if (fixed < 0 || fixed + 10 > bytes) return false;
    const end = fixed + 10 + uint16(message, fixed + 8);
    if (end > bytes) return false;
    if (uint16(message, fixed) === typeCodes.OPT && !readOpt(query, message, at, fixed, end)) return false;
    at = end;
  }
  return at === bytes;
}

/** RFC 6891 §6.1: one at most, owned by the root. Its options may all be ignored, and all but one are. */
function readOpt(query: Query, message: Uint8Array, at: number, fixed: number, end: number): boolean {
  if (query.edns || message[at] !== 0) return false;
  query.edns = true;
  query.payloadBytes = Math.max(udpBytesWithoutEdns, uint16(message, fixed + 2));
  query.ednsVersion = message[fixed + 5] as number; // the caller saw fixed + 10 ≤ bytes
  query.dnssecOk = ((message[fixed + 6] as number) & 0x80) !== 0;
  return query.subnet === undefined || query.ednsVersion > 0 || readSubnet(query.subnet, message, fixed + 10, end);
}

/** The caller has checked that both bytes are there. */
const uint16 = (message: Uint8Array, at: number): number => ((message[at] as number) << 8) | (message[at + 1] as number);
