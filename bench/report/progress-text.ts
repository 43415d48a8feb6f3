/**
 * What a person sees while rounds run: how far it is, and the load of each worker now; a line a round where there is no terminal.
 */
import { grouped } from '../../src/text/numbers.js';
import { bar, span } from '../../src/text/table.js';
import { loadSeries } from '../rotation/load-series.js';
import type { Round } from '../rotation/live-round.js';
import { measures } from '../rotation/measures.js';
import type { Progress } from '../rotation/rotation.js';

const progressCells = 24;
const loadCells = 30;
/** More workers than fit on a screen. */
const workersShown = 16;

/** @param leftMs of all rounds. @param names of the workers */
export function progressLines(progress: Progress, leftMs: number, names: readonly string[]): string[] {
  const { done, rounds, part, contender, readings, tick } = progress;
  const where = contender === undefined ? 'starting' : `round ${Math.min(done + 1, rounds)} of ${rounds}, ${contender}`;
  const first = `▕${bar(part, progressCells).padEnd(progressCells)}▏ ${where} · ${span(leftMs)} left`;
  const { requests, failed, pending, connections } = tick;
  const counts = `${grouped(requests)} requests, ${grouped(failed)} failed, ${grouped(pending)} under way, ${grouped(connections)} connections`;
  return [first, ...workerLines(readings, names), `  ${counts}`];
}

/** The load of each worker between the last two readings. */
function workerLines(readings: Progress['readings'], names: readonly string[]): string[] {
  const [before, now] = readings.slice(-2);
  if (before === undefined || now === undefined) return names.slice(0, workersShown).map((name) => `  ${name}`);
  const { requests, utilisation } = loadSeries([before, now]);
  const seconds = (now.atMs - before.atMs) / 1000;
  const most = Math.max(1, ...requests.map((values) => values[0] ?? 0));
  const width = Math.max(...names.map(({ length }) => length));
  return names.slice(0, workersShown).map((name, worker) => {
    const [count = 0, busy = 0] = [requests[worker]?.[0], utilisation[worker]?.[0]];
    const load = `${bar(count / most, loadCells).padEnd(loadCells)} ${(count / seconds).toFixed(0).padStart(5)}/s`;
    return `  ${name.padEnd(width)} ${load}  busy ${(100 * busy).toFixed(0).padStart(3)} %`;
  });
}

/** One round that is over. */
export function roundLine(round: Round, done: number, rounds: number): string {
  const { contender, run } = round;
  const failed = run.failedRequests === 0 ? '' : `, ${grouped(run.failedRequests)} failed`;
  const shares = run.workers.map(({ name, requests }) => `${name} ${requests}`).join(' ');
  return `round ${done} of ${rounds}: ${contender}, max/mean ${measures.maxOverMean.of(round).toFixed(3)} (${run.workers.length > workersShown ? '…' : shares})${failed}`;
}
