/**
 * The addresses that each client was told last, in the order in which it will try them.
 *
 * Where nobody can die and nobody keeps answers, a list is used once and at once: then one is enough for all.
 */
import type { Random } from '../random.js';
import { nobody } from './client-records.js';
import { shuffle } from './resolver-caches.js';
import type { AddressChoice } from './scenario.js';

export interface AddressLists {
  /** Takes over `answer[0..size)`; `bits` is the client's own address, for those who sort. */
  store(client: number, answer: Uint16Array, size: number, choice: AddressChoice, bits: number): void;
  /** The worker that a new connection tries first, or `nobody`; `current` is the one it had. */
  first(client: number, choice: AddressChoice, current: number): number;
  size(client: number): number;
  /** Where this worker stands in the list, or −1. */
  placeOf(client: number, worker: number): number;
  /** The worker at a place below the size. */
  at(client: number, place: number): number;
}

/**
 * @param clients how many keep a list of their own; 0: one list for all.
 * @param addressBits by member index, as numbers: what RFC 6724 sorts by.
 */
export function createAddressLists(clients: number, answersMax: number, addressBits: Uint32Array, random: Random): AddressLists {
  const slots = Math.max(1, clients);
  const lists = new Uint16Array(slots * answersMax);
  const sizes = new Uint16Array(slots);
  const slotOf = (client: number): number => (clients === 0 ? 0 : client);

  return {
    size: (client) => sizes[slotOf(client)] as number, // callers know the clients, here and below
    placeOf(client, worker) {
      const start = slotOf(client) * answersMax;
      return lists.subarray(start, start + (sizes[slotOf(client)] as number)).indexOf(worker);
    },
    at: (client, place) => lists[slotOf(client) * answersMax + place] as number,
    store(client, answer, size, choice, bits) {
      const slot = slotOf(client);
      const start = slot * answersMax;
      for (let place = 0; place < size; place += 1) lists[start + place] = answer[place] as number;
      sizes[slot] = size;
      if (choice === 'sort') sortByPrefix(lists, start, size, bits, addressBits);
    },
    first(client, choice, current) {
      const slot = slotOf(client);
      const size = sizes[slot] as number;
      if (size === 0) return nobody;
      const start = slot * answersMax;
      if (choice === 'shuffle') shuffle(lists, size, random, start);
      if (choice === 'sticky' && lists.subarray(start, start + size).includes(current)) return current;
      return lists[start] as number;
    },
  };
}

/** RFC 6724 rule 9: the longest prefix in common with the client's own address first; else as it was. */
function sortByPrefix(list: Uint16Array, start: number, size: number, own: number, addressBits: Uint32Array): void {
  const common = (member: number): number => Math.clz32((addressBits[member] as number) ^ own); // lists hold members
  for (let place = start + 1; place < start + size; place += 1) {
    const member = list[place] as number;
    const length = common(member);
    let to = place;
    for (; to > start && common(list[to - 1] as number) < length; to -= 1) list[to] = list[to - 1] as number;
    list[to] = member;
  }
}
