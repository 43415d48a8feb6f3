/**
 * What failed requests say: of a round in which none succeeded that nothing was measured, of all rounds how many and why.
 */
import { ServiceError } from '../../src/service.js';
import { fine, grouped } from '../../src/text/numbers.js';
import { failureReasons, type FailureReason, type Measurements } from '../users/measurements.js';
import type { Round } from './live-round.js';

export type Failures = Measurements['failures'];

/** As they follow a number. */
const words: Readonly<Record<FailureReason, string>> = {
  dns: 'without an answer from DNS',
  'no-address': 'with an answer that has no address',
  'no-worker': 'without a worker that takes connections',
  cut: 'cut off',
  timeout: 'not answered in time',
  malformed: 'with a response that is none',
  status: 'with a status of 400 and above',
};

/** What to look at first. */
const advice: Partial<Record<FailureReason, string>> = {
  dns: 'is there a server where the users ask, and does it know the name?',
  status: 'is the origin there, and does it know --path?',
};

export function failuresOf(rounds: readonly Round[]): Failures {
  const sum = (reason: FailureReason): number => rounds.reduce((total, { measurements }) => total + measurements.failures[reason], 0);
  return Object.fromEntries(failureReasons.map((reason) => [reason, sum(reason)])) as Failures; // all of them are there
}

/** `691 with a status of 400 and above, 2 cut off`. */
export function failuresText(failures: Failures): string {
  const ranked = failureReasons.filter((reason) => failures[reason] > 0).sort((a, b) => failures[b] - failures[a]);
  return ranked.map((reason) => `${grouped(failures[reason])} ${words[reason]}`).join(', ');
}

/** @throws ServiceError when no request of a round succeeded, although nothing was done to the tier */
export function mustSucceed(round: Round, isDisturbed: boolean): void {
  const { contender, run, measurements } = round;
  if (run.failedRequests === 0 || run.completedRequests > 0 || isDisturbed) return;
  const main = failureReasons.reduce((most, reason) => (measurements.failures[reason] > measurements.failures[most] ? reason : most));
  const hint = advice[main] === undefined ? '' : `; ${advice[main]}`;
  const all = grouped(run.failedRequests);
  throw new ServiceError(`bench: ${contender}: not one of ${all} requests succeeded: ${failuresText(measurements.failures)}${hint}`);
}

/** Above it, failures are not an accident. */
const failedMax = 0.001;

/** Undefined when there is nothing to warn of. @param isDisturbed by faults that somebody asked for */
export function failedOf(name: string, rounds: readonly Round[], isDisturbed: boolean): string | undefined {
  const requests = rounds.reduce((sum, { run }) => sum + run.requests, 0);
  const failed = rounds.reduce((sum, { run }) => sum + run.failedRequests, 0);
  if (isDisturbed || failed <= failedMax * requests) return undefined;
  return `${name}: ${fine(failed / requests)} of the requests failed, though nothing was done to the tier: ${failuresText(failuresOf(rounds))}`;
}
