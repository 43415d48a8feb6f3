/**
 * The tables of the page: measures with intervals, every comparison, workers, resolvers, faults, the model beside, and what the
 * load generator did.
 */
import { tableHtml } from '../../src/plots/figure.js';
import { count, estimate, fraction, percent, seconds } from '../../src/plots/numbers.js';
import { failuresText } from '../rotation/failures.js';
import { measures, toldMeasures, type MeasureName } from '../rotation/measures.js';
import type { ContenderResult, ExpectationResult, Latency, RotationResult, SimulatedResult } from '../rotation/result.js';
import type { Comparison } from '../verdict/comparison.js';
import { winnerOf } from '../verdict/verdict.js';

const inSeconds: ReadonlySet<string> = new Set(['p50', 'p95', 'p99']);

function measured(name: MeasureName, { means }: ContenderResult): string {
  const { mean, halfWidth } = means[name];
  if (inSeconds.has(name)) return halfWidth === null ? seconds(mean) : `${seconds(mean)} ± ${seconds(halfWidth)}`;
  return name === 'failed' ? percent(mean) : estimate({ mean, halfWidth });
}

/** What each row means is in `measuresList`. */
export function measuresTable(contenders: readonly ContenderResult[]): string {
  const rows = toldMeasures.map((name) => [measures[name].label, ...contenders.map((contender) => measured(name, contender))]);
  return tableHtml({ head: ['', ...contenders.map(({ name }) => name)], rows, columnsMarked: true });
}

export function comparisonsTable({ verdicts }: RotationResult): string {
  const rows = verdicts.flatMap(({ measure, comparisons }) => {
    const value = inSeconds.has(measure.name) ? seconds : digits;
    return comparisons.map((comparison) => [measure.label, ...comparisonCells(comparison, value)]);
  });
  const head = ['by', 'first', 'second', 'first', 'second', 'difference', 'interval', 'chance', 'first better in', 'verdict'];
  return tableHtml({ head, rows, words: 3 });
}

function comparisonCells(comparison: Comparison, value: (mean: number) => string): string[] {
  const { measure, a, b, meanA, meanB, difference, interval, probability, superiority } = comparison;
  const show = (value: number): string => (!Number.isFinite(value) ? '–' : measure.by === 'ratio' ? signedPercent(value) : signed(value));
  return [
    ...[a, b, value(meanA), value(meanB), show(difference), `${show(interval.low)} to ${show(interval.high)}`],
    ...[fraction(probability), percent(superiority), verdictWord(comparison)],
  ];
}

function verdictWord(comparison: Comparison): string {
  const winner = winnerOf(comparison);
  if (winner !== undefined) return `${winner} is better`;
  return { same: 'the same', 'too-few-rounds': 'too few rounds', open: 'not told apart', a: '', b: '' }[comparison.outcome];
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;
const signedPercent = (part: number): string => `${part < 0 ? '−' : '+'}${percent(Math.abs(part))}`;

/** With fewer requests it would be the processor time of an idle process. */
const chargedMin = 100;

/** Latencies of each worker under each contender, and what DNS gave it. */
export function workersTable(contenders: readonly ContenderResult[]): string {
  const rows = contenders.flatMap(({ name, workers }) =>
    workers.map(({ name: worker, requests, share, firstPlaces, utilisation, cpuPerRequestS, response }) => [
      ...[name, worker, count(requests), shareOf(share), firstPlaces === null ? '–' : shareOf(firstPlaces), percent(utilisation.mean)],
      ...[requests < chargedMin ? '–' : seconds(cpuPerRequestS), ...latencyCells(response)],
    ]),
  );
  const head = ['', 'worker', 'requests', 'share', 'first places in DNS', 'busy', 'CPU per request', 'median', '95 %', '99 %', 'longest'];
  return tableHtml({ head, rows, words: 2 });
}

const shareOf = ({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number | null }): string =>
  halfWidth === null ? percent(mean) : `${percent(mean)} ± ${(100 * halfWidth).toFixed(1)}`;

const latencyCells = ({ count: responses, p50, p95, p99, max }: Latency): string[] =>
  responses === 0 ? ['–', '–', '–', '–'] : [p50, p95, p99, max].map(seconds);

export function resolversTable(contenders: readonly ContenderResult[]): string {
  const shown = 8;
  const rows = contenders.flatMap(({ name, hiddenLoad: { resolvers, active } }) => [
    ...resolvers.slice(0, shown).map(({ resolver, share, requests, answers }) => [
      ...[name, `no. ${resolver}`, percent(share), count(requests), count(answers), answers === 0 ? '–' : digits(requests / answers)],
    ]),
    ...(active > shown ? [[name, `${count(active - shown)} more`, '', '', '', '']] : []),
  ]);
  return tableHtml({ head: ['', 'resolver', 'share of requests', 'requests', 'answers', 'requests per answer'], rows, words: 2 });
}

/** Undefined when nothing happened. */
export function changesTable(contenders: readonly ContenderResult[]): string | undefined {
  const told = (value: number | null): string => (value === null ? 'not in the time' : seconds(value));
  const rows = contenders.flatMap(({ name, summary }) =>
    summary.changes.map(({ atS, what, noticedAfterS, movedAfter: { p50, p90, p99 } }) => {
      return [name, what, seconds(atS), ...[noticedAfterS, p50, p90, p99].map(told)];
    }),
  );
  if (rows.length === 0) return undefined;
  const failures = contenders.map(({ name, summary: { failedRequests, requests }, failures: reasons }) => {
    return [name, count(failedRequests), percent(requests === 0 ? 0 : failedRequests / requests), failuresText(reasons) || 'none'];
  });
  const moved = tableHtml({ head: ['', 'what', 'at', 'in the answers after', '50 % of requests moved', '90 %', '99 %'], rows, words: 2 });
  return `${moved}\n${tableHtml({ head: ['', 'failed requests', 'part of all', 'why'], rows: failures })}`;
}

export function simulatedTable(simulated: readonly SimulatedResult[]): string {
  const rows = simulated.flatMap(({ contender, rows: compared }) =>
    compared.map(({ what, measured: own, simulated: model, difference, halfWidth, agrees }) => [
      ...[contender, what, estimate(own), estimate(model), `${difference < 0 ? '−' : '+'}${fraction(Math.abs(difference))}`],
      ...[halfWidth === null ? '–' : fraction(halfWidth), agrees === null ? 'too few rounds' : agrees ? 'agree' : 'differ'],
    ]),
  );
  return tableHtml({ head: ['', 'what', 'measured', 'simulated', 'difference', '±', ''], rows, words: 2 });
}

export function expectationsTable(expectations: readonly ExpectationResult[]): string {
  const rows = expectations.map(({ text, holds, left, right, resampled }) => {
    return [text, digits(left), digits(right), percent(resampled), holds ? 'holds' : 'does not hold'];
  });
  return tableHtml({ head: ['expected', 'left', 'right', 'of resampled rounds', ''], rows });
}

export function generatorTable(contenders: readonly ContenderResult[]): string {
  const rows = contenders.map(({ name, generator, latency }) => [
    ...[name, generator.offeredPerS.toFixed(1), generator.intendedPerS?.toFixed(1) ?? '–', seconds(generator.lateness.p50)],
    ...[seconds(generator.lateness.p99), percent(generator.utilisation), seconds(generator.cpuPerRequestS)],
    ...[percent(generator.machineBusy), seconds(latency.lookup.p50), seconds(latency.connect.p50), count(generator.connectionsMax)],
  ]);
  const own = ['requests/s begun', 'intended', 'begun late, median', '99 %', 'its event loop busy', 'its CPU per request'];
  const head = ['', ...own, 'machine busy', 'look-up, median', 'connecting, median', 'connections at most'];
  return tableHtml({ head, rows, marked: true });
}
