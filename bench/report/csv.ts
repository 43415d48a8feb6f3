/**
 * The load of each worker in each interval of each round, a row each, for whoever plots it himself (RFC 4180, but with plain
 * newlines). What rounds came to is in `--json`.
 */
import type { ContenderResult, RotationResult } from '../rotation/result.js';

const head = ['contender', 'round', 'interval', 'at_seconds', 'worker', 'requests', 'utilisation', 'in_flight'];

export function csvText({ contenders, about }: RotationResult): string {
  const perRound = Math.floor(about.measuredS / about.intervalS + 1e-9);
  const rows = contenders.flatMap((contender) => rowsOf(contender, perRound, about.intervalS));
  return `${[head, ...rows].map((cells) => cells.map(quoted).join(',')).join('\n')}\n`;
}

function rowsOf({ name, workers, series }: ContenderResult, perRound: number, intervalS: number): string[][] {
  const intervals = series.requests[0]?.length ?? 0;
  return Array.from({ length: intervals }, (_, at) => {
    const [round, interval] = [Math.floor(at / perRound), at % perRound];
    return workers.map(({ name: worker }, index) => [
      ...[name, String(round + 1), String(interval + 1), String(Number((interval * intervalS).toPrecision(12))), worker],
      ...[series.requests, series.utilisation, series.inFlight].map((values) => String(Number((values[index]?.[at] ?? 0).toPrecision(6)))),
    ]);
  }).flat();
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
