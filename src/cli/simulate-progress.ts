/**
 * The line of progress while a study runs: on a terminal only, redrawn at most ten times a second, gone when it is done.
 */
import type { Clock } from '../clock.js';
import type { Study } from '../study/study.js';
import { bar, span } from './table.js';

export interface Progress {
  /** A line for a person, above the progress. */
  note(text: string): void;
  end(): void;
}

const redrawMs = 100;
const barCells = 24;
/** Before that nobody can tell how long it will take. */
const forecastAfterMs = 1000;

type Watched = Pick<Study, 'progress' | 'repetitions'>;
type Write = (text: string) => void;

/** @param write to the terminal; undefined: no line is drawn */
export function showProgress(study: Watched, clock: Clock, note: Write, write?: Write): Progress {
  const beganMs = clock.monotonicMs();
  const clear = (): void => write?.('\r\x1b[K');
  let ended = write === undefined;
  function draw(): void {
    if (ended) return;
    write?.(`\r\x1b[K${progressLine(study.progress(), study.repetitions, clock.monotonicMs() - beganMs)}`);
    clock.after(redrawMs, draw);
  }
  draw();
  return {
    note(text) {
      clear();
      note(text);
    },
    end() {
      if (!ended) clear();
      ended = true;
    },
  };
}

export function progressLine(done: number, repetitions: number, elapsedMs: number): string {
  const part = Math.min(1, done / repetitions);
  const left = elapsedMs < forecastAfterMs || part === 0 ? '' : ` · ${span((elapsedMs * (1 - part)) / part)} left`;
  return `▕${bar(part, barCells).padEnd(barCells)}▏ ${Math.floor(done)} of ${repetitions} repetitions${left}`;
}
