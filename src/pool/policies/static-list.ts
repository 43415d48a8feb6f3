/**
 * `static-list`: what round-robin is compared with. A fixed list that each requestor rotates by itself, from the head.
 *
 * There is no shared cursor: every newcomer starts at the first member, so short sessions pile up there. The cursors are
 * a table that strangers fill; it is bounded, and a full one forgets the requestor that came first (who then starts at
 * the head again, like any newcomer). A row costs about 100 bytes.
 */
import type { Rotation } from '../rotation.js';
import { successorOf } from './successor.js';

export function createStaticList(requestorsMax: number): Rotation {
  const lastOf = new Map<string, number>(); // by address: index of the member that stood first in its last answer
  let evictionsTotal = 0;

  function makeRoom(): void {
    const [oldest] = lastOf.keys(); // a Map keeps the order of insertion
    if (oldest === undefined) return;
    lastOf.delete(oldest);
    evictionsTotal += 1;
  }

  return {
    get evictionsTotal() {
      return evictionsTotal;
    },
    order(eligible, { address }, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      if (count === 0) return 0;
      const last = lastOf.get(address);
      const first = successorOf(last ?? -1, eligible);
      if (last === undefined && lastOf.size >= requestorsMax) makeRoom();
      lastOf.set(address, eligible[first]?.index ?? -1);
      for (let place = 0; place < count; place += 1) order[place] = (first + place) % n;
      return count;
    },
  };
}
