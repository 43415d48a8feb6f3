import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { createAddressLists, type AddressLists } from '../../src/sim/address-lists.js';
import { nobody } from '../../src/sim/client-records.js';

const bits = Uint32Array.of(0x0000_0000, 0x8000_0000, 0x4000_0000, 0xc000_0000);
const listsOf = (clients: number): AddressLists => createAddressLists(clients, 4, bits, createRandom(1));
const listed = (lists: AddressLists, client: number): number[] =>
  Array.from({ length: lists.size(client) }, (_, place) => lists.at(client, place));

describe('address lists', () => {
  it('keep one list a client, or one for all', () => {
    const own = listsOf(2);
    own.store(0, Uint16Array.of(2, 1, 9, 9), 2, 'first', 0);
    own.store(1, Uint16Array.of(3, 0, 1, 9), 3, 'first', 0);
    expect([listed(own, 0), listed(own, 1)]).toEqual([[2, 1], [3, 0, 1]]);
    expect([own.placeOf(1, 1), own.placeOf(0, 3), own.placeOf(0, 9)]).toEqual([2, -1, -1]);
    const shared = listsOf(0);
    shared.store(5, Uint16Array.of(2, 1, 0, 0), 2, 'first', 0);
    expect(shared.first(5, 'first', nobody)).toBe(2);
  });

  it('of nothing have nobody first', () => {
    const lists = listsOf(1);
    lists.store(0, Uint16Array.of(1, 0, 0, 0), 1, 'first', 0);
    lists.store(0, Uint16Array.of(1, 0, 0, 0), 0, 'first', 0);
    for (const choice of ['first', 'shuffle', 'sort', 'sticky'] as const) expect(lists.first(0, choice, 1)).toBe(nobody);
  });

  it('sort puts the longest common prefix first, and leaves equals as they were', () => {
    const lists = listsOf(1);
    lists.store(0, Uint16Array.of(0, 2, 1, 3), 4, 'sort', 0xc000_0001); // in common: 0, 0, 1 and 31 bits
    expect(listed(lists, 0)).toEqual([3, 1, 0, 2]);
  });

  it('sticky takes the one it had while it is listed', () => {
    const lists = listsOf(1);
    lists.store(0, Uint16Array.of(0, 2, 3, 1), 3, 'sticky', 0);
    expect([lists.first(0, 'sticky', 2), lists.first(0, 'sticky', 1), lists.first(0, 'sticky', nobody)]).toEqual([2, 0, 0]);
  });

  it('shuffle takes each alike, and loses none', () => {
    const lists = listsOf(2);
    lists.store(1, Uint16Array.of(0, 1, 2, 3), 4, 'shuffle', 0);
    const firsts = Array.from({ length: 4000 }, () => lists.first(1, 'shuffle', nobody));
    for (const worker of [0, 1, 2, 3]) expect(firsts.filter((first) => first === worker).length / 1000).toBeCloseTo(1, 0);
    expect(listed(lists, 1).toSorted()).toEqual([0, 1, 2, 3]);
  });
});
