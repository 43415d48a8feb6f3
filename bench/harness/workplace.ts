/**
 * Where a run works: a temporary directory, and the processes it starts. `clear` leaves nothing of both, at once and without waiting,
 * so that it can be the last thing before this process exits, however that comes about.
 *
 * Each process leads a group of its own: killing the group ends its children with it, and Ctrl-C in the terminal reaches us alone.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServiceError } from '../../src/service.js';

export interface Workplace {
  /** A new directory with these files, by name. */
  directoryWith(files: Readonly<Record<string, string>>): string;
  /** Starts a command, in that directory. */
  launch(command: readonly string[], directory: string): Running;
  clear(): void;
}

export interface Running {
  /** Undefined: it could not be started, which `ended` tells. */
  readonly pid: number | undefined;
  /** What it wrote to standard output, the last megabyte of it. */
  stdout(): string;
  /** The last lines of what it said, on standard output or error. */
  lastWords(): string;
  /** Resolves with how: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** The same, when it has. */
  ending(): string | undefined;
  /** Kills it and its children, and waits for its end. */
  kill(): Promise<void>;
}

const stdoutMax = 1_000_000;
const lastWordsMax = 2000;

export function createWorkplace(): Workplace {
  const root = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  const groups = new Set<number>();
  let directories = 0;
  let cleared = false;
  return {
    directoryWith(files) {
      directories += 1;
      const directory = join(root, String(directories));
      mkdirSync(directory);
      for (const [name, text] of Object.entries(files)) write(join(directory, name), text);
      return directory;
    },
    launch(command, directory) {
      if (cleared) throw new ServiceError('bench: it was stopped');
      return launch(command, directory, groups);
    },
    clear() {
      cleared = true;
      for (const pid of groups) killGroup(pid);
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }); // who was killed may have been writing
    },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function launch([program = '', ...args]: readonly string[], cwd: string, groups: Set<number>): Running {
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  let stdout = '';
  let words = '';
  let ending: string | undefined;
  const hear = (text: string): void => void (words = (words + text).slice(-lastWordsMax));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-stdoutMax);
    hear(text);
  });
  child.stderr.setEncoding('utf8').on('data', hear);
  if (pid !== undefined) groups.add(pid);
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => resolve((ending ??= how));
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  return {
    pid,
    stdout: () => stdout,
    lastWords: () => words.trim(),
    ended,
    ending: () => ending,
    async kill() {
      if (pid === undefined) return;
      killGroup(pid);
      child.stdout.destroy(); // whoever left the group may hold the pipes open for ever
      child.stderr.destroy();
      await ended;
      groups.delete(pid);
    },
  };
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
