/**
 * The result of `bench rotation` as a person reads it in a terminal: the verdict first, then what it rests on, then what limits it.
 */
import type { Estimate } from '../../src/sim/statistics.js';
import { counted, fine, grouped, time } from '../../src/text/numbers.js';
import { bar, percent, table, type Align } from '../../src/text/table.js';
import { factsLine } from '../harness/machine.js';
import { measures, type MeasureName } from '../rotation/measures.js';
import type { About, ContenderResult, ExpectationResult, RotationResult, SimulatedResult } from '../rotation/result.js';
import { otherMeasures } from './other-measures.js';

const barCells = 16;
const nothing = 'No verdict: not one round of each was complete.';

export function summaryText(result: RotationResult): string {
  const { contenders, expectations, simulated, warnings } = result;
  if (contenders.length === 0) return nothing;
  const blocks = [
    heading(result),
    verdictText(result),
    measureTable(contenders),
    workerTable(contenders),
    hiddenLoadText(contenders),
    changesText(contenders),
    ...(simulated ?? []).map(simulatedText),
    expectationText(expectations),
    warnings.map((warning) => `! ${warning}`).join('\n'),
    footing(result),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading({ partial, about, contenders }: RotationResult): string {
  const { scenario, rounds, measuredS, warmupS, speed, ttl, users, resolvers, arrivals, choices, seed, keepAlive } = about;
  const offeredPerS = Math.max(...contenders.map(({ generator }) => generator.offeredPerS));
  const fast = speed === 1 ? '' : `, at ${speed} times the speed`;
  return [
    ...(partial ? ['Partial: it was stopped before the end.'] : []),
    `${scenario}: ${counted(rounds, 'round')} each of ${measuredS} s after ${warmupS} s of warm-up${fast}; seed ${seed}`,
    `${grouped(users)} users, ${resolvers}; ${arrivals} arrivals, ${offeredPerS.toFixed(0)} requests/s; addresses taken: ${choices}`,
    `TTL ${ttl}${/^\d+$/.test(ttl) ? ' s' : ''}; ${keepAlive ? 'connections are reused within the rules of the scenario' : 'a connection for each request'}`,
  ].join('\n');
}

function verdictText(result: RotationResult): string {
  const [main] = result.verdicts;
  if (main === undefined) return nothing;
  return [main.sentence, ...main.details.map((detail) => `  ${detail}`), ...otherMeasures(result)].join('\n');
}

interface Column {
  readonly name: MeasureName;
  readonly show: (estimate: Estimate) => string;
}

const withHalf = (digits: number) => ({ mean, halfWidth }: Estimate): string =>
  halfWidth === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${halfWidth.toFixed(digits)}`;

const columns: readonly Column[] = [
  { name: 'maxOverMean', show: withHalf(3) },
  { name: 'peakOverMean', show: withHalf(3) },
  { name: 'jain', show: ({ mean }) => mean.toFixed(4) },
  { name: 'cv', show: ({ mean }) => mean.toFixed(3) },
  { name: 'requestsPerAnswer', show: ({ mean }) => String(Number(mean.toPrecision(3))) },
  { name: 'p50', show: ({ mean }) => time(mean) },
  { name: 'p95', show: ({ mean }) => time(mean) },
  { name: 'p99', show: ({ mean }) => time(mean) },
  { name: 'failed', show: ({ mean }) => fine(mean) },
];

function measureTable(contenders: readonly ContenderResult[]): string {
  const head = ['', ...columns.map(({ name }) => measures[name].label)];
  const rows = contenders.map(({ name, means }) => [name, ...columns.map(({ name: measure, show }) => show(means[measure]))]);
  return table(head, rows, head.map((_, column): Align => (column === 0 ? 'left' : 'right')));
}

/** More workers than fit on a screen are told by those that stand out. */
const workersShown = 24;

function workerTable(contenders: readonly ContenderResult[]): string {
  return contenders
    .map(({ name, workers }) => {
      const most = Math.max(...workers.map(({ share }) => share.mean), 1e-9);
      const shown = [...workers].sort((a, b) => (workers.length > workersShown ? b.share.mean - a.share.mean : 0)).slice(0, workersShown);
      const rows = shown.map(({ name: worker, share, firstPlaces, utilisation, response }) => [
        ...[worker, shareText(share), bar(share.mean / most, barCells), firstPlaces === null ? '–' : percent(firstPlaces.mean)],
        ...[percent(utilisation.mean), response.count === 0 ? '–' : time(response.p50), response.count === 0 ? '–' : time(response.p99)],
      ]);
      const align: readonly Align[] = ['left', 'right', 'left', 'right', 'right', 'right', 'right'];
      const note = shown.length === workers.length ? '' : `\n(the ${workersShown} with the largest shares of ${workers.length})`;
      return table([name, 'share', '', 'first places', 'busy', 'p50', 'p99'], rows, align) + note;
    })
    .join('\n\n');
}

const shareText = ({ mean, halfWidth }: Estimate): string =>
  halfWidth === null ? percent(mean) : `${(100 * mean).toFixed(1)} ± ${(100 * halfWidth).toFixed(1)} %`;

function hiddenLoadText(contenders: readonly ContenderResult[]): string {
  return [...new Set(contenders.map(({ hiddenLoad }) => hiddenLoad.meaning))]
    .map((meaning) => {
      const who = contenders.filter(({ hiddenLoad }) => hiddenLoad.meaning === meaning).map(({ name }) => name);
      return `${who.join(', ')}: ${meaning}`;
    })
    .join('\n');
}

function changesText(contenders: readonly ContenderResult[]): string {
  const rows = contenders.flatMap(({ name, summary: { changes } }) =>
    changes.map(({ atS, what, noticedAfterS, movedAfter: { p50, p90, p99 } }) => {
      return [name, `${atS} s`, what, ...[noticedAfterS, p50, p90, p99].map(after)];
    }),
  );
  if (rows.length === 0) return '';
  const head = ['', 'at', 'what', 'in the answers after', '50 % moved after', '90 %', '99 %'];
  const note = rows.some((row) => row.includes(never)) ? `\n(${never}: not before the end of the round; caches and open connections go on with what they know)` : '';
  return table(head, rows, ['left', 'right', 'left', 'right', 'right', 'right', 'right']) + note;
}

const never = '–';

const after = (seconds: number | null): string => (seconds === null ? never : time(seconds));

function simulatedText({ contender, rows, agrees }: SimulatedResult): string {
  const lines = rows.map(({ what, measured, simulated, difference, halfWidth, agrees: fits }) => [
    ...[what, measured.mean.toFixed(3), simulated.mean.toFixed(3), signed(difference)],
    ...[halfWidth?.toFixed(3) ?? '–', fits === false ? '← differs' : ''],
  ]);
  const align: readonly Align[] = ['left', 'right', 'right', 'right', 'right'];
  const verdict = agrees === null ? 'too few rounds to tell whether they agree' : `measured and simulated ${agrees ? 'agree' : 'differ'}, all rows together`;
  const rowsText = table([contender, 'measured', 'simulated', 'difference', '±', ''], lines, align);
  return `${rowsText}\n${contender}: ${verdict}.`;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

function expectationText(expectations: readonly ExpectationResult[]): string {
  return expectations
    .map(({ text, holds, left, right, resampled }) => {
      const sides = `${Number(left.toPrecision(4))} and ${Number(right.toPrecision(4))}`;
      return `${holds ? '✓' : '✗'} ${text} (${sides}; in ${percent(resampled)} of the resampled rounds)`;
    })
    .join('\n');
}

function footing({ about, contenders }: RotationResult): string {
  const lines = contenders.map(({ name, generator: { offeredPerS, intendedPerS, lateness, utilisation, machineBusy } }) => {
    const intended = intendedPerS === null ? '' : ` of ${intendedPerS.toFixed(0)} intended`;
    const own = `${offeredPerS.toFixed(0)}${intended} requests/s, begun ${time(lateness.p50)} late (99 %: ${time(lateness.p99)})`;
    return `load generator, ${name}: ${own}, busy ${percent(utilisation)}; machine busy ${percent(machineBusy)}`;
  });
  return [...lines, machineLine(about)].join('\n');
}

function machineLine({ tookS, tier, facts }: About): string {
  return `${factsLine(facts)}\n${tier}; ${(tookS / 60).toFixed(1)} minutes in all.`;
}
