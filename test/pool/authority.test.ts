/** One answer: order, then TTL, then what is told of it. */
import { expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../src/pool/authority.js';
import { createGivenDemand } from '../../src/pool/demand.js';
import { createPool } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createMembers } from '../support/rotation-suite.js';

const members = createMembers(3);
const snapshot = createPool(members, { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 }).snapshot();
const requestor = { address: '192.0.2.1' };

function createRig(more: Partial<Rotation> = {}): { calls: string[]; authority: Authority } {
  const calls: string[] = [];
  const rotation: Rotation = {
    order(eligible, { address }, maxAnswers, order) {
      calls.push(`order for ${address}`);
      const count = Math.min(maxAnswers, eligible.length);
      for (let place = 0; place < count; place += 1) order[place] = eligible.length - 1 - place;
      return count;
    },
    answered: ({ address }, first, ttlS) => void calls.push(`rotation told of ${first.name} for ${address}, ${ttlS} s`),
    ...more,
  };
  const authority = createAuthority({
    rotation,
    ttl: {
      ttlS(given, { address }, first) {
        calls.push(`ttl of ${first.name} for ${address} in version ${given.version}`);
        return 42;
      },
    },
    demand: { ...createGivenDemand([]), answered: ({ address }, ttlS) => void calls.push(`demand told of ${address}, ${ttlS} s`), evictionsTotal: 5 },
  });
  return { calls, authority };
}

it('asks for the order, then for the TTL of the first, then tells rotation and demand', () => {
  const { calls, authority } = createRig();
  const order = new Uint16Array(3);
  expect(authority.answer(snapshot, members, requestor, 2, order)).toBe(2);
  expect([...order.subarray(0, 2)]).toEqual([2, 1]);
  expect(authority.ttlS).toBe(42);
  expect(calls).toEqual([
    'order for 192.0.2.1',
    'ttl of w3 for 192.0.2.1 in version 1',
    'rotation told of w3 for 192.0.2.1, 42 s',
    'demand told of 192.0.2.1, 42 s',
  ]);
});

it('tells nobody of an answer without addresses', () => {
  const { calls, authority } = createRig();
  expect(authority.answer(snapshot, [], requestor, 3, new Uint16Array(3))).toBe(0);
  expect(calls).toEqual(['order for 192.0.2.1']);
});

it('takes the first of those eligible here, not of the pool', () => {
  const { calls, authority } = createRig();
  authority.answer(snapshot, members.slice(0, 2), requestor, 1, new Uint16Array(3));
  expect(calls[1]).toBe('ttl of w2 for 192.0.2.1 in version 1');
});

it('adds up what bounded tables forgot', () => {
  expect(createRig().authority.evictionsTotal).toBe(5);
  expect(createRig({ evictionsTotal: 3 }).authority.evictionsTotal).toBe(8);
});

it('does with a rotation that does not listen, and without demand', () => {
  const rotation: Rotation = { order: (_eligible, _requestor, _max, order) => ((order[0] = 0), 1) };
  const authority = createAuthority({ rotation, ttl: { ttlS: () => 7 } });
  expect(authority.answer(snapshot, members, requestor, 3, new Uint16Array(3))).toBe(1);
  expect([authority.ttlS, authority.evictionsTotal]).toEqual([7, 0]);
});
