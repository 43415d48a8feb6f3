/**
 * Measured beside simulated: the same scenario on real sockets and in the model. What the model leaves out is then a difference.
 *
 * Compared are numbers that do not depend on how fast this machine is. Each difference has an interval (Welch), and all of them
 * hold together. What begins or ends at the edges of a round adds some thousandths that no interval knows of, so
 * a difference below `edges` is none.
 */
import type { Run } from '../../src/sim/run.js';
import { estimate, type Estimate } from '../../src/sim/statistics.js';
import { fairnessOf, peakOverMeanOf, type Summary } from '../../src/sim/summary.js';
import { confidenceOfEach } from '../verdict/bootstrap.js';
import { studentQuantile } from '../verdict/student.js';
import type { Round } from './live-round.js';
import type { SimulatedResult, SimulatedRow } from './result.js';

export interface Simulation {
  readonly contender: string;
  readonly runs: readonly Run[];
  readonly summary: Summary;
}

interface Quantity {
  readonly what: string;
  /** A difference below this part of the value, or for shares below this, is none. */
  readonly edges: number;
  readonly relative: boolean;
  readonly of: (run: Run) => number;
}

const shareEdges = 0.003;
const ratioEdges = 0.02;
/** What a hiccup of 50 ms moves from one interval of a second to the next. */
const intervalEdges = 0.05;

function quantitiesOf(run: Run): Quantity[] {
  const total = ({ workers }: Run): number => Math.max(1, workers.reduce((sum, { requests }) => sum + requests, 0));
  return [
    ...run.workers.map(({ name }, worker) => ({
      what: `share of ${name}`,
      edges: shareEdges,
      relative: false,
      of: (each: Run) => (each.workers[worker]?.requests ?? 0) / total(each),
    })),
    { what: 'max/mean', edges: ratioEdges, relative: true, of: ({ workers }) => fairnessOf(workers).maxOverMean },
    { what: 'max/mean by interval', edges: intervalEdges, relative: true, of: (each) => peakOverMeanOf(each) ?? 1 },
    {
      what: 'requests/answer',
      edges: ratioEdges,
      relative: true,
      of: ({ requests, addressRequests }) => requests / Math.max(1, addressRequests),
    },
  ];
}

/** @param rounds of all contenders. @param confidence of all rows together */
export function compareWithSimulated(simulations: readonly Simulation[], rounds: readonly Round[], confidence: number): SimulatedResult[] {
  const measured = simulations.map(({ contender }) => rounds.filter((round) => round.contender === contender).map(({ run }) => run));
  const rows = simulations.reduce((sum, { runs }) => sum + (runs[0] === undefined ? 0 : quantitiesOf(runs[0]).length), 0);
  const each = confidenceOfEach(confidence, rows);
  return simulations.map(({ contender, runs, summary }, place): SimulatedResult => {
    const live = measured[place] ?? [];
    const quantities = live[0] === undefined || runs.length === 0 ? [] : quantitiesOf(live[0]);
    const compared = quantities.map((quantity) => rowOf(quantity, live, runs, each));
    const known = compared.every(({ agrees }) => agrees !== null);
    return { contender, summary, rows: compared, agrees: known ? compared.every(({ agrees }) => agrees) : null };
  });
}

function rowOf({ what, of, edges, relative }: Quantity, live: readonly Run[], simulated: readonly Run[], confidence: number): SimulatedRow {
  const [a, b] = [live.map(of), simulated.map(of)];
  const [one, other] = [estimate(a), estimate(b)] as [Estimate, Estimate]; // one each
  const difference = one.mean - other.mean;
  const halfWidth = Math.max(edges * (relative ? other.mean : 1), welch(a, b, confidence));
  if (!Number.isFinite(halfWidth)) return { what, measured: one, simulated: other, difference, halfWidth: null, agrees: null };
  return { what, measured: one, simulated: other, difference, halfWidth, agrees: Math.abs(difference) <= halfWidth };
}

/** Half the width of the interval of a difference of two means, with unequal variances; infinite for one value alone. */
export function welch(a: readonly number[], b: readonly number[], confidence: number): number {
  if (a.length < 2 || b.length < 2) return Infinity;
  const [own, other] = [squaredErrorOf(a), squaredErrorOf(b)];
  if (own + other === 0) return 0;
  const degrees = (own + other) ** 2 / (own ** 2 / (a.length - 1) + other ** 2 / (b.length - 1));
  return studentQuantile((1 + confidence) / 2, Math.max(1, Math.floor(degrees))) * Math.sqrt(own + other);
}

function squaredErrorOf(values: readonly number[]): number {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1) / values.length;
}
