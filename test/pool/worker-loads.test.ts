/** What members reported, and for how long it counts. */
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createReportedLoads } from '../../src/pool/worker-loads.js';

it('gives what was reported last until it is stale, and nothing for who never reported', () => {
  const clock = createVirtualClock(5000);
  const loads = createReportedLoads(2, 1000, clock);
  expect([loads.utilisation(0), loads.backlog(0), loads.version]).toEqual([Number.NaN, Number.NaN, 0]);
  loads.report(0, 0.5, 3);
  loads.report(0, 0.75, 7);
  expect([loads.utilisation(0), loads.backlog(0), loads.version]).toEqual([0.75, 7, 2]);
  expect([loads.utilisation(1), loads.backlog(1)]).toEqual([Number.NaN, Number.NaN]);
  clock.advance(1000);
  expect([loads.utilisation(0), loads.backlog(0)]).toEqual([0.75, 7]);
  clock.advance(1);
  expect([loads.utilisation(0), loads.backlog(0)]).toEqual([Number.NaN, Number.NaN]);
  loads.report(0, 0.25, 0);
  expect([loads.utilisation(0), loads.backlog(0)]).toEqual([0.25, 0]);
});

it('knows nothing of members that it was not made for', () => {
  const loads = createReportedLoads(1, 1000, createVirtualClock());
  expect([loads.utilisation(1), loads.backlog(7)]).toEqual([Number.NaN, Number.NaN]);
});
