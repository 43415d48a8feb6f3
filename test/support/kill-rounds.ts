/**
 * A worker with a store on disk, killed in the midst of writing and started again on the same directory, over and over. Bodies say
 * themselves which path and version they are of, so whatever is served can be checked.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../src/random.js';
import { ask, limits, timeouts } from '../proxy/worker-harness.js';
import { cacheSettings } from '../proxy/cache/cache-harness.js';
import { startHttpOrigin } from './origin-http.js';

const program = fileURLToPath(new URL('kill-worker.mjs', import.meta.url));

/** @returns what belongs to that path: its name and digits of it, 0.1 to 60 kB. */
function bodyOf(path: string): Buffer {
  const digest = createHash('sha256').update(path).digest();
  return Buffer.concat([Buffer.from(`${path}\n`), Buffer.alloc(100 + digest.readUInt16BE() % 60_000, digest)]);
}

export interface KillResult {
  served: number;
  hits: number;
  readonly wrong: string[];
}

export async function killRounds(directory: string, rounds: number): Promise<KillResult> {
  const origin = await startHttpOrigin(({ url = '' }, response) => void response.setHeader('Cache-Control', 'max-age=6000').end(bodyOf(url)));
  const result: KillResult = { served: 0, hits: 0, wrong: [] };
  const random = createRandom(7);
  for (let round = 0; round < rounds; round += 1) {
    const child = startChild(origin.url, directory);
    const port = await portOf(child);
    const killAfter = 5 + random.below(60);
    let asked = 0;
    const one = async (): Promise<void> => {
      for (; asked < killAfter; ) {
        asked += 1;
        await check(port, `/${random.below(150)}`, result);
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
    child.kill('SIGKILL'); // the last ones are still being written
    await once(child, 'close');
  }
  await origin.close();
  return result;
}

async function check(port: number, path: string, result: KillResult): Promise<void> {
  const { body, headers, status } = await ask({ host: '127.0.0.1', port, path, headers: { Host: 'a.test' }, agent: false });
  result.served += 1;
  if (String(headers['cache-status']).includes('hit')) result.hits += 1;
  if (status !== 200 || !body.equals(bodyOf(path))) result.wrong.push(`${path} ${status}`);
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
