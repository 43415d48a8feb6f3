/**
 * Who gets which cores.
 */
import { expect, it } from 'vitest';
import { chooseCores, coreList, pinned } from '../../../bench/harness/cores.js';

const alone = (core: number): number[] => [core];
const taskset = '/usr/bin/taskset';

it("reads the kernel's lists", () => {
  expect(coreList('0-2,8,10-11\n')).toEqual([0, 1, 2, 8, 10, 11]);
  expect(coreList('')).toEqual([]);
});

it('gives the server the first core it may have, and the load the others', () => {
  expect(chooseCores({ taskset, allowed: [0, 1], siblingsOf: alone })).toEqual({ server: '0', load: '1', unpinned: undefined });
  expect(chooseCores({ taskset, allowed: [4, 5, 7], siblingsOf: alone })).toMatchObject({ server: '4', load: '5,7' });
});

it('leaves idle what shares its circuits with the server, unless there is nothing else', () => {
  const siblingsOf = (core: number): number[] => [core % 2, (core % 2) + 2];
  expect(chooseCores({ taskset, allowed: [0, 1, 2, 3], siblingsOf })).toMatchObject({ server: '0', load: '1,3' });
  expect(chooseCores({ taskset, allowed: [0, 2], siblingsOf })).toMatchObject({ server: '0', load: '2' });
});

it('says why nothing is pinned', () => {
  const none = { server: undefined, load: undefined };
  expect(chooseCores({ taskset, allowed: [3], siblingsOf: alone })).toEqual({ ...none, unpinned: 'there is one core for all' });
  expect(chooseCores({ taskset, allowed: [], siblingsOf: alone })).toEqual({ ...none, unpinned: 'this system does not say which cores may be used' });
  expect(chooseCores({ taskset: undefined, allowed: [0, 1], siblingsOf: alone }).unpinned).toMatch(/apt-get install util-linux/);
});

it('puts taskset before the command', () => {
  expect(pinned('1,3', ['nsd', '-d'])).toEqual(['taskset', '-c', '1,3', 'nsd', '-d']);
  expect(pinned(undefined, ['nsd', '-d'])).toEqual(['nsd', '-d']);
});
