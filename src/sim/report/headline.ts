/**
 * The numbers before the drawings: one row a point, what was simulated, and what each change of the scenario did.
 */
import { escapeHtml } from '../../html.js';
import { factsHtml } from '../../plots/document.js';
import { tableHtml } from '../../plots/figure.js';
import { count, distinct, estimate, fraction, percent, seconds } from '../../plots/numbers.js';
import type { MovedAfter, Summary } from '../summary.js';
import type { PageInput, PagePoint } from './page-input.js';

interface Column {
  readonly head: string;
  readonly cell: (summary: Summary) => string;
}

export function headlineTable(points: readonly PagePoint[]): string {
  const columns = columnsOf(points);
  const rows = points.map(({ label, summary }) => [label, ...columns.map(({ cell }) => cell(summary))]);
  return tableHtml({ head: ['point', ...columns.map(({ head }) => head)], rows, marked: points.length > 1 });
}

function columnsOf(points: readonly PagePoint[]): readonly Column[] {
  const thresholds = [...new Set(points.flatMap(({ summary }) => Object.keys(summary.maxUtilisation.below)))];
  const changing = points.some(({ summary }) => summary.movedAfter !== null);
  return [
    ...thresholds.map((threshold): Column => ({ head: `P(max < ${threshold})`, cell: (summary) => below(summary, threshold) })),
    { head: 'mean max', cell: ({ maxUtilisation }) => estimate(maxUtilisation) },
    { head: 'Jain', cell: ({ fairness }) => fairness.jain.toFixed(4) },
    { head: 'max/mean', cell: ({ fairness }) => fraction(fairness.maxOverMean) },
    { head: 'max/mean by interval', cell: ({ peakOverMean }) => estimate(peakOverMean) },
    { head: 'cv', cell: ({ fairness }) => fraction(fairness.cv) },
    { head: 'address requests per session', cell: ({ addressRequestsPerSession }) => fraction(addressRequestsPerSession) },
    { head: 'response mean', cell: ({ response }) => seconds(response.mean) },
    { head: 'p95', cell: ({ response }) => seconds(response.p95) },
    { head: 'p99', cell: ({ response }) => seconds(response.p99) },
    { head: 'failed', cell: failed },
    ...(changing ? [{ head: '50 / 90 / 99 % moved after', cell: ({ movedAfter }: Summary) => (movedAfter === null ? '–' : moved(movedAfter)) }] : []),
  ];
}

function below({ maxUtilisation }: Summary, threshold: string): string {
  const found = maxUtilisation.below[threshold];
  return found === undefined ? '–' : estimate(found);
}

function failed({ failedRequests, requests }: Summary): string {
  return failedRequests === 0 ? '0' : `${count(failedRequests)} (${percent(failedRequests / requests)})`;
}

/** `1.5 s / 72 s / not yet`. */
export function moved({ p50, p90, p99 }: MovedAfter): string {
  return [p50, p90, p99].map((value) => (value === null ? 'not yet' : seconds(value))).join(' / ');
}

/** Every change of every point; undefined when nothing changes. */
export function changesTable(points: readonly PagePoint[]): string | undefined {
  const rows = points.flatMap(({ label, summary }) =>
    summary.changes.map(({ atS, what, noticedAfterS, movedAfter: { p50, p90, p99 } }) => [
      seconds(atS),
      what,
      ...(points.length === 1 ? [] : [label]),
      ...[noticedAfterS, p50, p90, p99].map((value) => (value === null ? 'not in the time' : seconds(value))),
    ]),
  );
  if (rows.length === 0) return undefined;
  const head = ['at', 'what', ...(points.length === 1 ? [] : ['point']), 'in the answers after', '50 % of requests moved', '90 %', '99 %'];
  return tableHtml({ head, rows, words: points.length === 1 ? 2 : 3 });
}

export function partialBanner(points: readonly PagePoint[]): string {
  const partial = points.filter(({ summary }) => summary.partial).map(({ label }) => label);
  if (partial.length === 0) return '';
  const which = points.length === 1 ? '' : ` Points: ${partial.join('; ')}.`;
  return `<p class="partial" role="note"><strong>Partial result.</strong> The simulation was stopped before it was done: fewer repetitions, or shorter ones, than asked for.${escapeHtml(which)}</p>\n`;
}

/** What every number on the page depends on. */
export function factsList({ seed }: PageInput, points: readonly PagePoint[]): string {
  const range = (of: (summary: Summary) => number, format: (value: number) => string): string => {
    const values = points.map(({ summary }) => of(summary));
    return distinct([Math.min(...values), Math.max(...values)].map(format)).replace(' · ', ' to ');
  };
  const each = (tell: (summary: Summary) => string): string => distinct(points.map(({ summary }) => tell(summary)));
  const facts: readonly (readonly [string, string])[] = [
    ['policy', each(({ policy }) => policy)],
    ['TTL', each(({ ttl }) => ttl)],
    ['arrivals', each(({ arrivals }) => arrivals)],
    ['address that clients take', each(({ choices }) => choices)],
    ['utilisation interval', each(({ intervalS }) => seconds(intervalS))],
    ['alarm', each(({ alarm }) => (alarm === null ? 'none' : `a worker above ${alarm} in the last interval is left out, unless all are`))],
    ['measured', each(({ measuredS, repetitions }) => `${seconds(measuredS)} × ${repetitions}`)],
    ['requests', range(({ requests }) => requests, count)],
    ['sessions', range(({ sessions }) => sessions, count)],
    ['chosen afresh by DNS', `${range(({ controlledShare }) => controlledShare, percent)} of the requests`],
    ['seed', String(seed)],
  ];
  return factsHtml(facts);
}
