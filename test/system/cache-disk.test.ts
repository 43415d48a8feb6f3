/**
 * The cache on disk under kill -9, many times: what a worker serves after any of them is what the origin said.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killRounds } from '../support/kill-rounds.js';

it('200 kills, and no wrong body', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-disk-'));
  try {
    const { served, hits, wrong } = await killRounds(directory, 200);
    process.stdout.write(`200 kills: ${served} served, ${hits} of them hits, ${wrong.length} wrong\n`);
    expect(wrong).toEqual([]);
    expect(hits).toBeGreaterThan(100);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
