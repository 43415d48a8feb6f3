/**
 * The line of progress while a study runs.
 */
import type { Study } from '../study/study.js';
import { bar, span } from '../text/table.js';

const barCells = 24;
/** Before that nobody can tell how long it will take. */
const forecastAfterMs = 1000;

export function progressLine({ progress, repetitions }: Pick<Study, 'progress' | 'repetitions'>, elapsedMs: number): string {
  const done = progress();
  const part = Math.min(1, done / repetitions);
  const left = elapsedMs < forecastAfterMs || part === 0 ? '' : ` · ${span((elapsedMs * (1 - part)) / part)} left`;
  return `▕${bar(part, barCells).padEnd(barCells)}▏ ${Math.floor(done)} of ${repetitions} repetitions${left}`;
}
