/**
 * docs/BENCHMARK.md: its commands run as written but shorter, and its table of measures is that of the code.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { measures } from '../../bench/rotation/measures.js';
import { exec } from '../support/programs.js';
import { tourOf } from '../support/tour.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const short = '--rounds 1 --set durationS=2 --set warmupS=0.5 --set intervalS=1 --set clients.count=300 --set clients.think.meanS=3';
const faulty = short.replace('--set durationS=2', '--set durationS=5'); // past what happens

describe('docs/BENCHMARK.md', () => {
  const commands = tourOf('docs/BENCHMARK.md');
  it('shows commands', () => expect(commands.length).toBeGreaterThan(5));
  it.each(commands)('%s', { timeout: 60_000 }, async (command) => {
    const shortened = `${command.replace(/ --users \d+/, '')} ${command.includes('--kill') ? faulty : short}`;
    const { code, stdout, stderr } = await exec('sh', ['-c', `cd ${root} && ${shortened}`]);
    expect(code, `${shortened}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(/^No verdict: 1 round of each is too few/m);
  });

  it('tells what each measure is', () => {
    const page = readFileSync(`${root}/docs/BENCHMARK.md`, 'utf8');
    const rows = Object.entries(measures).map(([name, { what }]) => `| \`${name}\` | ${what} |`);
    expect(page).toContain(`| measure | what |\n| --- | --- |\n${rows.join('\n')}\n\n`);
  });
});
