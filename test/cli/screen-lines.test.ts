/**
 * Lines that are drawn in place.
 */
import { describe, expect, it } from 'vitest';
import { drawLines } from '../../src/cli/screen-lines.js';
import { createVirtualClock } from '../../src/clock.js';

function screen(lines: () => readonly string[], columns = 80) {
  const clock = createVirtualClock();
  const drawn: string[] = [];
  const notes: string[] = [];
  const terminal = { write: (text: string) => void drawn.push(text), columns: () => columns };
  return { clock, drawn, notes, shown: drawLines({ clock, lines, terminal, note: (text) => void notes.push(text) }) };
}

describe('lines in place', () => {
  it('are drawn over at most ten times a second, cleared for a note and at the end, and then drawn no more', () => {
    const { clock, drawn, notes, shown } = screen(() => ['one', 'two']);
    expect(drawn).toEqual(['one\ntwo\n']);
    clock.advance(1000);
    expect(drawn).toHaveLength(1 + 2 * 10);
    expect(drawn.slice(1, 3)).toEqual(['\x1b[2F\x1b[J', 'one\ntwo\n']);
    shown.note('careful');
    expect([drawn.at(-1), notes]).toEqual(['\x1b[2F\x1b[J', ['careful']]);
    clock.advance(100);
    expect(drawn.at(-1)).toBe('one\ntwo\n');
    shown.end();
    expect(drawn.at(-1)).toBe('\x1b[2F\x1b[J');
    clock.advance(5000);
    expect([clock.pending(), drawn.at(-1)]).toEqual([0, '\x1b[2F\x1b[J']);
  });

  it('are cut to the width of the terminal, by letter', () => {
    expect(screen(() => ['▕██████▏ long'], 8).drawn).toEqual(['▕██████\n']);
  });

  it('are not drawn where nobody looks, but for notes', () => {
    const clock = createVirtualClock();
    const notes: string[] = [];
    const shown = drawLines({ clock, lines: () => ['x'], terminal: undefined, note: (text) => void notes.push(text) });
    shown.note('careful');
    shown.end();
    expect([clock.pending(), notes]).toEqual([0, ['careful']]);
  });
});
