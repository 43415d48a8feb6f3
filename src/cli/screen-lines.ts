/**
 * Lines at the foot of a terminal that are drawn anew in place, and gone when they are done. Where there is no terminal nothing
 * is drawn.
 */
import type { Clock } from '../clock.js';

export interface ScreenLines {
  /** A line for a person that stays, above the others. */
  note(text: string): void;
  end(): void;
}

const redrawMs = 100;

export interface Terminal {
  write(text: string): void;
  columns(): number;
}

export interface ScreenLinesOptions {
  readonly clock: Clock;
  readonly lines: () => readonly string[];
  /** Undefined: no lines are drawn. */
  readonly terminal: Terminal | undefined;
  /** To wherever notes go. */
  readonly note: (text: string) => void;
}

/** Undefined when nobody looks. */
export function terminalOf(stream: NodeJS.WriteStream): Terminal | undefined {
  return stream.isTTY ? { write: (text) => void stream.write(text), columns: () => stream.columns } : undefined;
}

export function drawLines({ clock, lines, terminal, note }: ScreenLinesOptions): ScreenLines {
  let drawn = 0;
  let ended = terminal === undefined;

  function clear(): void {
    if (drawn > 0) terminal?.write(`\x1b[${drawn}F\x1b[J`); // to the beginning of the first of them, and away with what follows
    drawn = 0;
  }

  function draw(): void {
    if (ended || terminal === undefined) return;
    clear();
    const shown = lines().map((line) => [...line].slice(0, terminal.columns() - 1).join('')); // one that wraps cannot be drawn over
    terminal.write(shown.map((line) => `${line}\n`).join(''));
    drawn = shown.length;
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
