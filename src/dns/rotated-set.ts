/**
 * The rotated RRset of one address family: records encoded once, copied into each answer in rotation order.
 *
 * Members without an address of the family are not among those the rotation sees, else their turns would go to their
 * neighbours. What does not fit is found out before the rotation is asked, so that a truncated answer does not use up a
 * turn: the same client comes back over TCP, and if its pair of queries took two turns, an even number of members would
 * show such clients only every other one.
 */
import type { PoolMember, PoolSnapshot } from '../pool/pool.js';
import type { Requestor } from '../pool/rotation.js';
import { observe } from '../tally.js';
import { rotatedTypes, type DnsStats } from './stats.js';
import { encodeRecord, putUint16, putUint32, recordFixedBytes, recordTtlAt } from './wire.js';
import type { RotatedOptions } from './zone.js';

export interface RotatedSet {
  readonly recordBytes: number;
  /** Requestors whose state the policy had to forget to stay within its bound; 0 for policies without such state. */
  evictionsTotal(): number;
  /**
   * Writes the records of one answer from `at`, none beyond `limit`, owned by the pointer `owner`. Returns how many; 0
   * when nobody eligible has an address of this family, DOES_NOT_FIT when the room is too small for all of them.
   */
  put(response: Uint8Array, at: number, limit: number, owner: number, requestor: Requestor): number;
}

export const DOES_NOT_FIT = -1;

type RotatedType = (typeof rotatedTypes)[number];

/** @param stats what is counted of its answers goes there; undefined: nobody counts them. */
export function createRotatedSet(type: RotatedType, options: RotatedOptions, stats: DnsStats | undefined): RotatedSet {
  const { pool, newAuthority, answersMax } = options;
  const authority = newAuthority();
  const typeIndex = rotatedTypes.indexOf(type);
  const recordBytes = recordFixedBytes + (type === 'A' ? 4 : 16);
  const records = encodeMembers(pool.members, type, recordBytes);
  const order = new Uint16Array(Math.min(answersMax, pool.members.length));
  let snapshot: PoolSnapshot | undefined;
  let eligible: readonly PoolMember[] = [];

  return {
    recordBytes,
    evictionsTotal: () => authority.evictionsTotal,
    put(response, at, limit, owner, requestor) {
      const current = pool.snapshot();
      if (current !== snapshot) {
        snapshot = current;
        eligible = current.eligible.filter((member) => addressOf(member, type) !== undefined);
      }
      if (eligible.length === 0) return 0;
      if (at + Math.min(eligible.length, order.length) * recordBytes > limit) return DOES_NOT_FIT;
      const count = authority.answer(current, eligible, requestor, order.length, order);
      if (count === 0) return 0;
      const first = eligible[order[0] as number] as PoolMember; // a rotation writes indices into `eligible`
      const { ttlS } = authority;
      for (let place = 0; place < count; place += 1, at += recordBytes) {
        const { index } = eligible[order[place] as number] as PoolMember;
        for (let offset = 2; offset < recordBytes; offset += 1) response[at + offset] = records[index * recordBytes + offset] as number;
        putUint16(response, at, owner);
        putUint32(response, at + recordTtlAt, ttlS);
      }
      if (stats !== undefined) {
        stats.firstPlaces.add(first.index, typeIndex);
        observe(stats.ttlS, ttlS);
      }
      return count;
    },
  };
}

const addressOf = (member: PoolMember, type: RotatedType): string | undefined => (type === 'A' ? member.address : member.address6);

/**
 * One record a member, at its index in the whole pool; those that are not of this part, or without an address of the family,
 * leave a gap that is never read.
 */
function encodeMembers(members: readonly PoolMember[], type: RotatedType, recordBytes: number): Uint8Array {
  const length = Math.max(0, ...members.map(({ index }) => index + 1));
  const records = new Uint8Array(length * recordBytes);
  for (const member of members) {
    const address = addressOf(member, type);
    if (address !== undefined) records.set(encodeRecord({ type, address }, 0), member.index * recordBytes);
  }
  return records;
}
