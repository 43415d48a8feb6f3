import { describe, expect, it } from 'vitest';
import { arrivedAt, clientAt, createJobRing, extraAt, firstJob, pushJob, servedAt, shiftJob, type JobRing } from '../../src/sim/job-ring.js';

function take(ring: JobRing): (number | undefined)[] {
  const first = firstJob(ring);
  shiftJob(ring);
  return [servedAt, arrivedAt, extraAt, clientAt].map((at) => ring.jobs[first + at]); // may be read until the next push
}

describe('a ring of jobs', () => {
  it('gives jobs back in the order in which they came, with all four numbers', () => {
    const ring = createJobRing();
    pushJob(ring, 3, 1, 0.25, 7);
    pushJob(ring, 4, 2, 0, 8);
    expect(ring.size).toBe(2);
    expect(take(ring)).toEqual([3, 1, 0.25, 7]);
    expect(take(ring)).toEqual([4, 2, 0, 8]);
    expect(ring.size).toBe(0);
  });

  it('keeps the order round its end and through growth, wherever its head is', () => {
    for (let head = 0; head < 40; head += 1) {
      const ring = createJobRing();
      for (let job = 0; job < head; job += 1) {
        pushJob(ring, 0, 0, 0, -1);
        shiftJob(ring);
      }
      for (let job = 0; job < 50; job += 1) pushJob(ring, job, job, 0, job);
      const clients = Array.from({ length: 50 }, () => take(ring)[clientAt]);
      expect(clients, `head ${head}`).toEqual(Array.from({ length: 50 }, (_, job) => job));
    }
  });
});
