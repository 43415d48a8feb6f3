/**
 * ARCHITECTURE.md shows the rank table that the house test enforces.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ranks } from './ranks.js';

it('ARCHITECTURE.md has the same ranks', () => {
  const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\d) \| ([^|]*) \|/gm)].map(([, rank, rooms = '']) => ({
    rank: Number(rank),
    rooms: [...rooms.matchAll(/`([^`]+)`/g)].map(([, room]) => room),
  }));
  expect(rows).toEqual(ranks.map(({ rank, rooms }) => ({ rank, rooms: rooms.map((room) => room.replace(/\.ts$/, '')) })));
});
