/**
 * A worker with a store on disk, killed in the midst of reading, writing and changing, and started again on the same directory, over and
 * over. Bodies say themselves which path and version they are of, so whatever is served can be checked.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createRandom, type Random } from '../../src/random.js';
import { ask, limits, timeouts, type Answer } from '../proxy/worker-harness.js';
import { cacheSettings } from '../proxy/cache/cache-harness.js';
import { startHttpOrigin } from './origin-http.js';

const program = fileURLToPath(new URL('kill-worker.mjs', import.meta.url));

/** What belongs to that path in that version: both, and digits of them, 0.1 to 60 kB. */
function bodyOf(path: string, version: number): Buffer {
  const digest = createHash('sha256').update(`${path} ${version}`).digest();
  return Buffer.concat([Buffer.from(`${path} ${version}\n`), Buffer.alloc(100 + (digest.readUInt16BE() % 60_000), digest)]);
}

export interface KillResult {
  served: number;
  hits: number;
  readonly wrong: string[];
}

/** One worker's lives, and the versions that its clients have seen or been told of: nobody may be served an older one after that. */
class KillRounds {
  readonly result: KillResult = { served: 0, hits: 0, wrong: [] };
  readonly #versions = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  /** As the origin: POST makes another version. */
  onRequest: RequestListener = ({ url = '', method }, response) => {
    if (method === 'POST') this.#change(url);
    response.setHeader('Cache-Control', 'max-age=6000').end(method === 'POST' ? String(this.#versionOf(url)) : bodyOf(url, this.#versionOf(url)));
  };

  async round(origin: string, directory: string): Promise<void> {
    const child = startChild(origin, directory);
    const port = await portOf(child);
    const closed = once(child, 'close');
    const killAfter = 5 + this.#random.below(80);
    let asked = 0;
    const one = async (): Promise<void> => {
      while (asked < killAfter) {
        asked += 1;
        if (asked === killAfter) child.kill('SIGKILL'); // the others are in the midst of it
        await this.#ask(port, `/${this.#random.below(60)}`).catch(() => undefined); // it was killed
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
    await closed;
  }

  #see = (path: string, version: number): void => void this.#seen.set(path, Math.max(this.#seen.get(path) ?? 0, version));
  #versionOf = (path: string): number => this.#versions.get(path) ?? 0;
  #change = (path: string): void => void this.#versions.set(path, this.#versionOf(path) + 1);

  async #ask(port: number, path: string): Promise<void> {
    const how = this.#random.below(10);
    const request = { host: '127.0.0.1', port, path, agent: false } as const;
    if (how === 0) {
      const { body } = await ask({ ...request, method: 'POST', headers: { Host: 'a.test' } });
      return this.#see(path, Number(body));
    }
    if (how === 1) this.#change(path); // nobody tells the cache; who asks the origin sees it
    const seen = this.#seen.get(path) ?? 0;
    const answer = await ask({ ...request, headers: { Host: 'a.test', ...(how === 1 ? { 'Cache-Control': 'no-cache' } : {}) } });
    if (answer.complete) this.#check(path, seen, answer);
  }

  #check(path: string, seen: number, { body, headers, status }: Answer): void {
    const version = Number(body.toString('latin1', 0, 40).split('\n')[0]?.split(' ')[1]);
    this.result.served += 1;
    const said = String(headers['cache-status']);
    if (said.includes('hit')) this.result.hits += 1;
    if (said.includes('hit') || said.includes('stored')) this.#see(path, version); // what is passed on is no promise of the cache
    if (status !== 200 || !body.equals(bodyOf(path, version))) this.result.wrong.push(`${path} ${status}: not what the origin said`);
    else if (version < seen) this.result.wrong.push(`${path}: version ${version} after ${seen}`);
  }
}

export async function killRounds(directory: string, rounds: number, seed: number): Promise<KillResult> {
  const lives = new KillRounds(seed);
  const origin = await startHttpOrigin(lives.onRequest);
  for (let round = 0; round < rounds; round += 1) await lives.round(origin.url, directory);
  await origin.close();
  return lives.result;
}

const probeRest = { timeoutMs: 1000, rise: 2, fall: 3, initialState: 'down', upThresh: 0.5 };

function startChild(origin: string, directory: string): ChildProcess {
  const disk = { directory, bytesMax: 3_000_000, entriesMax: 10_000 };
  const settings = {
    ...{ name: 'w1', listen: { address: '127.0.0.1', port: 0 }, host: 'rewrite', limits, timeouts },
    ...{ trustedNetworks: [], proxyProtocolNetworks: [] },
    tls: { certificates: [], reloadMs: 10_000 },
    resolver: { servers: [], timeoutMs: 2000, ttlMinS: 1, ttlMaxS: 3600, validS: 10 },
    probe: { path: '/', interMs: 60_000, fastinterMs: 60_000, downinterMs: 60_000, ...probeRest },
    retries: { max: 2, budgetPercent: 20, budgetMin: 3 },
    accessLog: 'off',
    cache: { ...cacheSettings, bytesMax: 10_000_000, disk },
  };
  return spawn(process.execPath, [program, origin, directory, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function portOf(child: ChildProcess): Promise<number> {
  const [text] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]; // it is a pipe
  return Number(text.toString().split(' ')[0]);
}
