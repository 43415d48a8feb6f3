/**
 * A real tier as a user would start it: `node dist/src/cli/main.js up …` in a process of its own, on loopback addresses that
 * no other test file uses. What it prints, logs and exits with is there to be looked at.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/control/status.js';
import { ownNetwork } from './addresses.js';

export const program = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function roundhouse(...args: readonly string[]): Promise<Finished> {
  const running = run(args);
  await once(running.process, 'close');
  return { code: running.process.exitCode, stdout: running.stdout(), stderr: running.stderr() };
}

/** A test that fails does not stop what it started; nothing may outlive the tests all the same. */
const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export interface Running {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in standard output, rejects when the process ends without it. */
  saw(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Sends the signal and resolves with the exit code when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function run(args: readonly string[], { ownGroup = false, environment = {} }: Pick<TestTierOptions, 'ownGroup' | 'environment'> = {}): Running {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: ownGroup, env });
  children.add(child);
  child.once('close', () => children.delete(child));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close');
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = stdout.match(pattern);
          if (match === null) return;
          child.stdout.off('data', look);
          resolve(match);
        };
        child.stdout.on('data', look);
        child.once('close', () => reject(new Error(`ended (${child.exitCode}) without ${pattern}\n${stdout}\n${stderr}`)));
        look();
      }),
    async stop(signal = 'SIGINT') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}

export interface TestTier extends Running {
  /** Loopback network of this tier, `127.x.y`: DNS, control and origin on .1, workers from .11. */
  readonly network: string;
  readonly service: string;
  readonly dns: { readonly address: string; readonly port: number };
  readonly control: string;
  worker(name: string): string;
  pid(name: string): number;
  status(): Promise<Status>;
  /** Polls `status` until it satisfies; the test's own time limit ends it. */
  until(holds: (status: Status) => boolean): Promise<Status>;
  /** The command line against this tier. */
  command(verb: string, ...args: readonly string[]): Promise<Finished>;
}

/** Process ids of the children, as Linux tells them. */
export function childrenOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

/** Undefined when the process has ended meanwhile. */
function parentOf(pid: string): number | undefined {
  try {
    const [, parent] = /^\d+ \(.*\) \w (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return Number(parent);
  } catch {
    return undefined;
  }
}

export interface TestTierOptions {
  /** Configuration beyond the addresses, in the file's own words, as JSON. */
  readonly config?: object;
  readonly args?: readonly string[];
  /** In a process group of its own, so that a signal can be sent to all of its processes at once. */
  readonly ownGroup?: boolean;
  /** Variables beyond ours. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Resolves when the tier has printed its screen and every worker is in the answers. */
export async function startTier({ config = {}, args = [], ...how }: TestTierOptions = {}): Promise<TestTier> {
  const network = ownNetwork();
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-test-'));
  const file = join(directory, 'roundhouse.yaml');
  writeFileSync(file, JSON.stringify(addressed(network, config)));
  const running = run(['up', file, ...args], how);
  running.process.once('close', () => rmSync(directory, { recursive: true, force: true }));
  await running.saw(/Ctrl-C stops gracefully/);
  const control = `http://${network}.1:9100`;
  const dns = { address: `${network}.1`, port: 5300 };
  const status = async (): Promise<Status> => (await (await fetch(`${control}/api/status`)).json()) as Status;
  const tier: TestTier = {
    ...running,
    network,
    service: 'www.roundhouse.test',
    dns,
    control,
    status,
    worker: (name) => `http://${network}.${10 + Number(name.slice(1))}:8080`,
    pid: (name) => latestPid(running.stdout(), name),
    async until(holds) {
      for (;;) {
        const now = await status();
        if (holds(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    command: (verb, ...more) =>
      roundhouse(verb, ...more, ...(verb === 'resolve' ? ['--server', `${dns.address}:${dns.port}`] : ['--control', control])),
  };
  await tier.until(({ members }) => members.every(({ health }) => health === 'up'));
  return tier;
}

/** Merges one level deep, which is all that tests need. */
function addressed(network: string, config: object): object {
  const base: Record<string, object> = {
    dns: { address: `${network}.1`, metricsAddress: `${network}.1` },
    ...('workers' in config && Object.hasOwn(Object(config.workers), 'members') ? {} : { workers: { address: `${network}.11` } }),
    control: { address: `${network}.1` },
    origin: { address: `${network}.1` },
    log: { level: 'info', to: '-' },
  };
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(config)) {
    merged[key] = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...base[key], ...value } : value;
  }
  return merged;
}

/** The supervisor logs each start; the last one counts. */
function latestPid(log: string, name: string): number {
  const starts = log.split('\n').filter((line) => line.includes('"child process serves"') && line.includes(`"child":"${name}"`));
  const pid = /"pid":(\d+)/.exec(starts.at(-1) ?? '')?.[1];
  if (pid === undefined) throw new Error(`${name} was never started`);
  return Number(pid);
}
