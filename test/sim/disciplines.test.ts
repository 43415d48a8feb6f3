/** Orders of service by hand: two workers of 1 and 2 hits a second. */
import { describe, expect, it } from 'vitest';
import { createFcfs, createSharing, createSlots, type Discipline } from '../../src/sim/disciplines.js';
import { createWorkLeft } from '../../src/sim/work-left.js';

function under(create: typeof createFcfs, slots = 1): { readonly discipline: Discipline; readonly departures: number[][] } {
  const departures: number[][] = [];
  const discipline = create([1, 2], createWorkLeft(2, slots), (...departure) => departures.push(departure));
  return { discipline, departures };
}

function emptied(discipline: Discipline, worker: number): number[][] {
  const lost: number[][] = [];
  discipline.empty(worker, (...job) => lost.push(job));
  return lost;
}

describe('first come first served', () => {
  it('knows the departure at the arrival, and tells of it when asked', () => {
    const { discipline, departures } = under(createFcfs);
    expect(discipline.take(0, 7, 1, 3, 0.25)).toBe(4);
    expect(discipline.take(0, 8, 2, 1, 0)).toBe(5);
    expect(discipline.take(1, 9, 2, 1, 0)).toBe(2.5); // twice as fast
    expect([discipline.backlog(0), discipline.nextDepartureS()]).toEqual([2, Infinity]);
    discipline.settle(0, 4);
    expect(departures).toEqual([[7, 1, 4, 0.25]]);
    expect(emptied(discipline, 0)).toEqual([[8, 2]]);
    expect(emptied(discipline, 0)).toEqual([]);
    expect([discipline.backlog(0), discipline.backlog(1)]).toEqual([0, 1]);
  });
});

describe('slots', () => {
  it('let who came later go first, each at its part of the speed', () => {
    const { discipline, departures } = under(createSlots, 2);
    expect(discipline.take(0, 7, 0, 3, 0)).toBe(6);
    expect(discipline.take(0, 8, 0, 1, 0)).toBe(2);
    expect(discipline.take(0, 9, 1, 1, 0.5)).toBe(4); // in the second slot, from 2 on
    discipline.settle(0, 5);
    expect(departures).toEqual([[8, 0, 2, 0], [9, 1, 4, 0.5]]);
    expect(emptied(discipline, 0)).toEqual([[7, 0]]);
  });
});

describe('processor sharing', () => {
  it('gives each of n an n-th of the speed', () => {
    const { discipline, departures } = under(createSharing);
    expect(discipline.take(0, 7, 0, 3, 0)).toBeNaN();
    discipline.take(0, 8, 1, 1, 0.25); // 7 has 2 to go; from here each at half speed, so 8 goes at 3 and 7 has 1 left
    expect(discipline.nextDepartureS()).toBe(3);
    discipline.take(1, 9, 1, 3, 0); // alone at speed 2
    expect(discipline.nextDepartureS()).toBe(2.5);
    discipline.depart();
    discipline.depart();
    discipline.depart();
    expect(departures).toEqual([[9, 1, 2.5, 0], [8, 1, 3, 0.25], [7, 0, 4, 0]]);
    expect(discipline.nextDepartureS()).toBe(Infinity);
  });

  it('begins anew after everything was taken from it', () => {
    const { discipline, departures } = under(createSharing);
    discipline.take(0, 7, 0, 3, 0);
    discipline.take(0, 8, 0, 5, 0);
    expect(emptied(discipline, 0)).toEqual([[7, 0], [8, 0]]);
    expect([discipline.backlog(0), discipline.nextDepartureS()]).toEqual([0, Infinity]);
    discipline.take(0, 9, 10, 2, 0);
    expect(discipline.nextDepartureS()).toBe(12);
    discipline.depart();
    expect(departures).toEqual([[9, 10, 12, 0]]);
  });

  it('who is told of a departure may come again at once', () => {
    const departures: number[] = [];
    const discipline: Discipline = createSharing([1], createWorkLeft(1, 1), (client, _, departedS) => {
      departures.push(departedS);
      if (departures.length < 3) discipline.take(0, client, departedS, 1, 0);
    });
    discipline.take(0, 7, 0, 1, 0);
    while (discipline.nextDepartureS() < Infinity) discipline.depart();
    expect(departures).toEqual([1, 2, 3]);
  });

  it('those of equal work go at the same time, one by one', () => {
    const { discipline, departures } = under(createSharing);
    for (const client of [1, 2, 3]) discipline.take(0, client, 0, 1, 0);
    while (discipline.nextDepartureS() < Infinity) discipline.depart();
    expect(departures.map(([, , atS]) => atS)).toEqual([3, 3, 3]);
    expect(departures.map(([client]) => client).toSorted()).toEqual([1, 2, 3]);
  });
});
