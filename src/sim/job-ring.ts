/**
 * The requests that one worker has in hand and will finish in the order in which they came: a ring that grows, each job four
 * numbers side by side.
 */

export interface JobRing {
  /** A power of two of jobs. */
  jobs: Float64Array;
  /** Index of the first job, and how many there are. */
  head: number;
  size: number;
}

/** Numbers of a job, and where each stands. */
export const jobWords = 4;
export const servedAt = 0;
export const arrivedAt = 1;
export const extraAt = 2;
export const clientAt = 3;

export function createJobRing(): JobRing {
  return { jobs: new Float64Array(16 * jobWords), head: 0, size: 0 };
}

export function pushJob(ring: JobRing, servedS: number, arrivedS: number, extraS: number, client: number): void {
  if ((ring.size + 1) * jobWords > ring.jobs.length) grow(ring);
  const { jobs } = ring;
  const at = ((ring.head + ring.size) * jobWords) & (jobs.length - 1);
  jobs[at + servedAt] = servedS;
  jobs[at + arrivedAt] = arrivedS;
  jobs[at + extraAt] = extraS;
  jobs[at + clientAt] = client;
  ring.size += 1;
}

/** Where the first job stands in `jobs`; there must be one. */
export const firstJob = ({ jobs, head }: JobRing): number => (head * jobWords) & (jobs.length - 1);

/** What stood first may be read until the next push. */
export function shiftJob(ring: JobRing): void {
  ring.head += 1;
  ring.size -= 1;
  if (ring.head * jobWords === ring.jobs.length) ring.head = 0;
}

function grow(ring: JobRing): void {
  const { jobs } = ring;
  const start = firstJob(ring);
  const longer = new Float64Array(2 * jobs.length);
  longer.set(jobs.subarray(start));
  longer.set(jobs.subarray(0, start), jobs.length - start);
  ring.jobs = longer;
  ring.head = 0;
}
