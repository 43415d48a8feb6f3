/**
 * What a run starts and writes, and that nothing of it stays.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createWorkplace, type Running } from '../../../bench/harness/workplace.js';

const node = (script: string): string[] => [process.execPath, '-e', script];
const stay = 'setInterval(() => {}, 1000);';

async function printed(running: Running): Promise<string> {
  while (running.stdout() === '' && running.ending() === undefined) await new Promise(setImmediate);
  return running.stdout();
}

/** A process that has ended and whose parent has not looked yet is still there, as a zombie. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '');
  } catch {
    return false;
  }
}

it('writes files, folders too, and starts commands beside them', async () => {
  const workplace = createWorkplace();
  const directory = workplace.directoryWith({ 'a.conf': 'A', 'zones/b': 'B' });
  const running = workplace.launch(node("const { readFileSync } = require('fs'); console.log(readFileSync('a.conf') + readFileSync('zones/b', 'utf8'))"), directory);
  expect([await running.ended, running.stdout(), running.ending()]).toEqual(['exit code 0', 'AB\n', 'exit code 0']);
  workplace.clear();
  expect(existsSync(directory)).toBe(false);
});

it('remembers the last words, and how it ended', async () => {
  const workplace = createWorkplace();
  const directory = workplace.directoryWith({});
  const running = workplace.launch(node("console.error('x'.repeat(5000) + 'cannot bind'); process.exit(3)"), directory);
  expect(await running.ended).toBe('exit code 3');
  expect(running.lastWords()).toHaveLength(2000 - 1); // the line end is trimmed
  expect(running.lastWords()).toMatch(/x{100}cannot bind$/);
  const absent = workplace.launch(['/nowhere/program'], directory);
  expect(await absent.ended).toMatch(/ENOENT/);
  await absent.kill();
  workplace.clear();
});

it('kills a process together with its children', async () => {
  const workplace = createWorkplace();
  const parent = node(`console.log(require('child_process').spawn(process.execPath, ['-e', '${stay}'], { stdio: 'inherit' }).pid); ${stay}`);
  const killed = workplace.launch(parent, workplace.directoryWith({}));
  const child = Number(await printed(killed));
  expect(runs(child)).toBe(true);
  await killed.kill();
  expect(killed.ending()).toBe('signal SIGKILL');
  while (runs(child)) await new Promise(setImmediate);

  const cleared = workplace.launch(parent, workplace.directoryWith({}));
  const other = Number(await printed(cleared));
  workplace.clear();
  expect(await cleared.ended).toBe('signal SIGKILL');
  while (runs(other)) await new Promise(setImmediate);
});

it('starts nothing more once it is cleared', () => {
  const workplace = createWorkplace();
  workplace.clear();
  expect(() => workplace.launch(node(stay), '/')).toThrow('bench: it was stopped');
});
