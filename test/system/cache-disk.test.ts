/**
 * The cache on disk under kill -9, many times: what a worker serves after any of them is what the origin said, and nothing that was
 * taken back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killRounds } from '../support/kill-rounds.js';

const lanes = ['first', 'second'];

it('200 kills, and no wrong body', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-disk-'));
  try {
    const results = await Promise.all(lanes.map((lane, seed) => killRounds(join(directory, lane), 200 / lanes.length, seed)));
    for (const { served, hits, wrong } of results) {
      process.stdout.write(`100 kills: ${served} served, ${hits} of them hits, ${wrong.length} wrong\n`);
      expect(wrong).toEqual([]);
      expect(hits).toBeGreaterThan(100);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 300_000);
