/**
 * The result of a simulation as a person reads it: one scenario at length, or a sweep as a row for each point.
 *
 * The maximum over the workers comes first and the long-run shares after it, because even shares hide a worker that is
 * saturated most of the time.
 */
import type { ChangeSummary, Estimate, Summary, WorkerSummary } from '../sim/summary.js';
import { plain } from '../study/sweep.js';
import { counted, fine, grouped, time } from '../text/numbers.js';
import { bar, percent, table, type Align } from '../text/table.js';

const barCells = 20;
/** More workers than fit on a screen are told by those that stand out. */
const workersShown = 40;

export function summaryText(summary: Summary): string {
  const { workers, changes } = summary;
  const blocks = [heading(summary), facts(maximumFacts(summary)), workerTable(workers), facts(serviceFacts(summary)), changesText(changes)];
  return [...blocks, footing(summary)].filter((block) => block !== '').join('\n\n');
}

function heading(summary: Summary): string {
  const { scenario, policy, ttl, arrivals, choices, repetitions, measuredS, seed, intervalS, alarm } = summary;
  const lines = [
    ...(summary.partial ? ['Partial: it was stopped before the end.'] : []),
    `${scenario}: policy ${policy}, TTL ${ttl}${/^\d+$/.test(ttl) ? ' s' : ''}, ${alarm === null ? 'no alarm' : `alarm above ${alarm}`}`,
    `${arrivals} arrivals; clients take their address: ${choices}`,
    `${counted(repetitions, 'repetition')} of ${measuredS} s in intervals of ${intervalS} s, seed ${seed}`,
  ];
  return lines.join('\n');
}

type Fact = readonly [name: string, text: string];

function facts(list: readonly Fact[]): string {
  const width = Math.max(...list.map(([name]) => name.length));
  return list.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function maximumFacts({ maxUtilisation: { p50, p95, below, ...mean } }: Summary): Fact[] {
  return [
    ['maximum utilisation', `mean ${estimate(mean)}, median ${p50.toFixed(3)}, 95 % of intervals up to ${p95.toFixed(3)}`],
    ...Object.entries(below).map(([threshold, part]): Fact => [`  below ${threshold}`, `${percentEstimate(part)} of intervals`]),
  ];
}

function workerTable(workers: readonly WorkerSummary[]): string {
  const shown = workers.length <= workersShown ? workers : byLoad(workers);
  const rows = shown.map(({ name, capacity, share, utilisation, failedAttempts }) => [
    ...[name, figure(capacity), percent(share), percent(utilisation)],
    ...[failedAttempts === 0 ? '–' : grouped(failedAttempts), bar(utilisation, barCells)],
  ]);
  const align: readonly Align[] = ['left', 'right', 'right', 'right', 'right'];
  const note = shown.length === workers.length ? '' : `\n(the ${workersShown} busiest of ${workers.length})`;
  return table(['worker', 'capacity/s', 'share', 'utilisation', 'failed attempts', ''], rows, align) + note;
}

const byLoad = (workers: readonly WorkerSummary[]): readonly WorkerSummary[] =>
  [...workers].sort((a, b) => b.utilisation - a.utilisation).slice(0, workersShown);

function serviceFacts(summary: Summary): Fact[] {
  const { fairness, peakOverMean, addressRequestsPerSession, controlledShare, response } = summary;
  const { requests, failedRequests, unfinishedRequests, extraConnectS } = summary;
  const { mean, p50, p95, p99 } = response;
  const failed = `${grouped(failedRequests)} failed (${fine(failedRequests / Math.max(1, requests))})`;
  return [
    ['fairness', `Jain index ${fairness.jain.toFixed(4)} (1 is even), max/mean ${fairness.maxOverMean.toFixed(3)}, CV ${fairness.cv.toFixed(4)}`],
    ['max/mean by interval', `${estimate(peakOverMean)}, which the long run averages away`],
    ['address requests', `${addressRequestsPerSession.toFixed(4)} a session; DNS chose the worker of ${fine(controlledShare)} of the requests`],
    ['response time', `mean ${time(mean)}, median ${time(p50)}, 95 % ${time(p95)}, 99 % ${time(p99)}`],
    ['requests', `${grouped(requests)}, of which ${failed}, ${grouped(unfinishedRequests)} in service at the end`],
    ...(extraConnectS > 0 ? [['extra connecting', `${time(extraConnectS)}, all requests together`] as const] : []),
  ];
}

function changesText(changes: readonly ChangeSummary[]): string {
  if (changes.length === 0) return '';
  const rows = changes.map(({ atS, what, noticedAfterS, movedAfter: { p50, p90, p99 } }) => {
    return [`${atS} s`, what, ...[noticedAfterS, p50, p90, p99].map(after)];
  });
  const head = ['event at', 'what', 'noticed after', '50 % moved after', '90 %', '99 %'];
  return table(head, rows, ['right', 'left', 'right', 'right', 'right', 'right']);
}

const after = (seconds: number | null): string => (seconds === null ? '–' : time(seconds));

function footing({ events, wallSeconds }: Summary): string {
  return `${grouped(events)} events simulated in ${wallSeconds.toFixed(1)} s.`;
}

export interface SweepRow {
  /** What distinguishes the point, by key. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly summary: Summary;
}

/** A row for each point: what was swept, then the figures that decide. */
export function sweepText(points: readonly SweepRow[], partial: boolean): string {
  const [first] = points;
  if (first === undefined) return '';
  const swept = Object.keys(first.set);
  const changing = points.some(({ summary }) => summary.movedAfter !== null && summary.movedAfter.p90 !== null);
  const thresholds = Object.keys(first.summary.maxUtilisation.below);
  const limits = thresholds.map((threshold) => `max < ${threshold}`);
  const head = [...swept, 'max mean', ...limits, 'Jain', 'DNS/session', 'response', '99 %', 'failed', ...(changing ? ['90 % moved'] : [])];
  const rows = points.map(({ set, summary }) => {
    const moved = changing ? [after(summary.movedAfter?.p90 ?? null)] : [];
    return [...swept.map((key) => plain(set[key])), ...keyFigures(summary, thresholds), ...moved];
  });
  const align = head.map((_, column): Align => (column < swept.length ? 'left' : 'right'));
  return [
    ...(partial ? ['Partial: it was stopped before the end.', ''] : []),
    sweepHeading(first.summary, points.length),
    '',
    table(head, rows, align),
  ].join('\n');
}

function sweepHeading({ scenario, repetitions, measuredS, seed, intervalS, arrivals, choices }: Summary, points: number): string {
  const size = `${counted(points, 'point')} of ${counted(repetitions, 'repetition')} of ${measuredS} s in intervals of ${intervalS} s, seed ${seed}`;
  return `${scenario}: ${size}\n${arrivals} arrivals; clients take their address: ${choices}`;
}

function keyFigures(summary: Summary, thresholds: readonly string[]): string[] {
  const { maxUtilisation, fairness, addressRequestsPerSession, response, failedRequests } = summary;
  return [
    estimate(maxUtilisation),
    ...thresholds.map((threshold) => percentEstimate(maxUtilisation.below[threshold])),
    fairness.jain.toFixed(4),
    addressRequestsPerSession.toFixed(3),
    time(response.mean),
    time(response.p99),
    grouped(failedRequests),
  ];
}

const estimate = ({ mean, halfWidth }: Estimate): string => `${mean.toFixed(3)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(3)}`}`;

function percentEstimate(given: Estimate | undefined): string {
  if (given === undefined) return '–';
  return `${(100 * given.mean).toFixed(1)}${given.halfWidth === null ? '' : ` ± ${(100 * given.halfWidth).toFixed(1)}`} %`;
}

const figure = (value: number): string => (value < 1000 ? String(Number(value.toPrecision(4))) : grouped(Math.round(value)));
