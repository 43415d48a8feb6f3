/**
 * The README, followed to the letter: `npm start`, then every command of the tour. A command whose program is not
 * installed (dig, curl) is passed over here, and says so; CI installs them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { exec, missing } from '../support/programs.js';
import { tourOf } from '../support/tour.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the README tour works as written', { timeout: 120_000 }, async () => {
  const commands = tourOf('README.md');
  expect(commands.length).toBeGreaterThan(10);
  // Its own process group: npm passes no signal on to what it runs.
  const tier = spawn('npm', ['start'], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(tier, 'close');
  let printed = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (text: Buffer): void => {
        printed += text.toString();
        if (printed.includes('Ctrl-C stops gracefully')) resolve();
      };
      tier.stdout.on('data', look);
      tier.stderr.on('data', look);
      tier.once('close', () => reject(new Error(`npm start ended:\n${printed}`)));
    });
    for (const command of commands) {
      const program = command.split(' ')[0] ?? '';
      if (missing(program) !== undefined) continue;
      const { code, stdout, stderr } = await exec('sh', ['-c', `cd ${root} && ${command}`]);
      expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
      expect(stdout.trim(), command).not.toBe('');
      if (command.includes('-n 4000')) expect(stdout.match(/ 1000 /g)).toHaveLength(4);
    }
  } finally {
    if (tier.pid !== undefined && tier.exitCode === null) process.kill(-tier.pid, 'SIGINT');
    await closed;
  }
});
