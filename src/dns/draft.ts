/**
 * The response under construction, in a struct that is used again: records behind the question, then OPT and header.
 *
 * The header goes last because the response may lie in the query's own memory, whose id and flags are still needed.
 */
import { putSubnet, subnetBytes } from './client-subnet.js';
import type { Query } from './query.js';
import { headerBytes, optBytes, putUint16, putUint32, rcodeNumbers, typeCodes } from './wire.js';

export interface Draft {
  to: Uint8Array;
  /** Where the next record goes. */
  at: number;
  /** Records end here at the latest; room for our OPT lies behind. */
  limit: number;
  answers: number;
  authorities: number;
  /** Something was to be written that does not fit. */
  overflowed: boolean;
}

export function createDraft(): Draft {
  return { to: new Uint8Array(0), at: 0, limit: 0, answers: 0, authorities: 0, overflowed: false };
}

/** Empties the draft; its first record will follow the question. */
export function beginDraft(draft: Draft, questionEnd: number): void {
  draft.at = questionEnd;
  draft.answers = 0;
  draft.authorities = 0;
  draft.overflowed = false;
}

/**
 * Copies encoded records, owned by the pointer `owner`; the caller counts them. False: the draft has overflowed and has
 * to be begun again.
 */
export function putRecords(draft: Draft, records: readonly Uint8Array[], owner: number): boolean {
  for (const record of records) {
    if (draft.at + record.length > draft.limit) {
      draft.overflowed = true;
      return false;
    }
    copyBytes(record, 0, record.length, draft.to, draft.at);
    putUint16(draft.to, draft.at, owner);
    draft.at += record.length;
  }
  return true;
}

/** A loop beats `Buffer.copy` below some hundred bytes, and hardly anything here is longer. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  for (let offset = start; offset < end; offset += 1, at += 1) to[at] = from[offset] as number; // end ≤ from.length
}

/**
 * OPT and header. AA is set on what we are authoritative for; opcode and RD are copied; RA, Z, AD and CD are clear
 * (RFC 4035 §3.1.6).
 */
export function finishDraft(draft: Draft, query: Query, message: Uint8Array, rcode: number, truncated: boolean, ednsBytes: number): void {
  const { to } = draft;
  if (query.edns) putOpt(draft, query, rcode, ednsBytes);
  const authoritative = rcode === rcodeNumbers.NOERROR || rcode === rcodeNumbers.NXDOMAIN;
  to[0] = message[0] as number; // a query has 12 bytes at least
  to[1] = message[1] as number;
  to[2] = 0x80 | ((message[2] as number) & 0x79) | (authoritative ? 0x04 : 0) | (truncated ? 0x02 : 0);
  to[3] = rcode & 0x0f;
  putUint16(to, 4, query.questionEnd > headerBytes ? 1 : 0);
  putUint16(to, 6, draft.answers);
  putUint16(to, 8, draft.authorities);
  putUint16(to, 10, query.edns ? 1 : 0);
}

/** RFC 6891 §6.1.3: the upper bits of the rcode, version 0, and DO as it came. */
function putOpt(draft: Draft, query: Query, rcode: number, ednsBytes: number): void {
  const { to, at } = draft;
  to[at] = 0;
  putUint16(to, at + 1, typeCodes.OPT);
  putUint16(to, at + 3, ednsBytes);
  putUint32(to, at + 5, ((rcode >> 4) << 24) | (query.dnssecOk ? 0x8000 : 0));
  const { subnet } = query;
  const optionBytes = subnet === undefined ? 0 : subnetBytes(subnet);
  putUint16(to, at + 9, optionBytes);
  draft.at += optBytes + optionBytes;
  if (subnet !== undefined && optionBytes > 0) putSubnet(subnet, to, at + optBytes);
}

/** Room for the OPT record of the response. */
export const optRoom = ({ edns, subnet }: Query): number => (edns ? optBytes + (subnet === undefined ? 0 : subnetBytes(subnet)) : 0);
