/**
 * The commands of docs/SIMULATOR.md, run as written but shorter: what is shown there must be something that works.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exec } from '../support/programs.js';
import { tourOf } from '../support/tour.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const short = '--repetitions 1 --set durationS=320 --set warmupS=32 --set events=[]';

describe('docs/SIMULATOR.md', () => {
  const commands = tourOf('docs/SIMULATOR.md');
  it('shows commands', () => expect(commands.length).toBeGreaterThan(5));
  it.each(commands)('%s', { timeout: 60_000 }, async (command) => {
    const shortened = command.endsWith('simulate') ? command : `${command} ${short}`;
    const { code, stdout, stderr } = await exec('sh', ['-c', `cd ${root} && ${shortened}`]);
    expect(code, `${shortened}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(command.includes('--json') ? /"maxUtilisation"/ : /maximum utilisation|max mean|what it shows/);
  });
});
