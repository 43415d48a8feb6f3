/**
 * One worker as an operator would start it, `roundhouse worker FILE --name w1`, in a process of its own on a loopback network of its
 * own, with nothing beside it but the origins that it is given. What it holds is read from the outside: /proc and /metrics.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseExposition } from '../../src/metrics/exposition.js';
import { ownNetwork } from './addresses.js';
import { get } from './load.js';
import { run, type Running } from './tier.js';

const pageBytes = 4096;

export interface LoneWorkerOptions {
  readonly origins: readonly string[];
  /** The configuration's section `proxy`. Without it idle client connections live as long as by default; nothing is logged. */
  readonly proxy?: object;
}

export interface LoneWorker extends Running {
  readonly address: string;
  readonly port: number;
  /** Without a path. */
  readonly url: string;
  /** Resident memory, now. */
  residentBytes(): number;
  /** Open sockets, listeners included. */
  sockets(): number;
  /** Of its own metrics page; the sum when the name has several series. */
  metric(name: string): Promise<number>;
}

/** Resolves when it serves. */
export async function startLoneWorker({ origins, proxy = {} }: LoneWorkerOptions): Promise<LoneWorker> {
  const network = ownNetwork();
  const [address, port, metricsPort] = [`${network}.11`, 8080, 9101];
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-test-'));
  const file = join(directory, 'roundhouse.yaml');
  const config = {
    origins,
    workers: { count: 1, address, port, metricsPort },
    control: { address: `${network}.1` },
    // Slow probes: an origin that shares its processor with the test must not be found dead. No lame duck: nobody asks DNS here.
    proxy: { accessLog: 'off', probe: { timeoutMs: 10_000, interMs: 10_000 }, ...proxy },
    log: { level: 'error' },
  };
  writeFileSync(file, JSON.stringify(config));
  const running = run(['worker', file, '--name', 'w1']);
  running.process.once('close', () => rmSync(directory, { recursive: true, force: true }));
  await running.saw(/w1 serves/);
  const { pid } = running.process;
  return {
    ...running,
    ...{ address, port, url: `http://${address}:${port}` },
    residentBytes: () => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes,
    sockets: () => readdirSync(`/proc/${pid}/fd`).filter((fd) => isSocket(`/proc/${pid}/fd/${fd}`)).length,
    async metric(name) {
      const samples = parseExposition((await get(`http://${address}:${metricsPort}/metrics`)).body);
      const values = samples.filter((sample) => sample.name === name).map(({ value }) => value);
      if (values.length === 0) throw new Error(`no metric ${name}`);
      return values.reduce((sum, value) => sum + value, 0);
    },
  };
}

function isSocket(link: string): boolean {
  try {
    return readlinkSync(link).startsWith('socket:');
  } catch {
    return false; // closed meanwhile
  }
}
