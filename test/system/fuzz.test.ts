/**
 * Random messages for a long time: through our codec and llhttp side by side, and over sockets through a whole worker, in random
 * pieces, with aborts on both sides and an origin that answers as wildly.
 *
 * `ROUNDHOUSE_FUZZ_S` says for how many seconds in all (90), `ROUNDHOUSE_FUZZ_SEED` which messages; what was done is printed.
 */
import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createNativeEngine } from '../../src/proxy/engines/native/native.js';
import type { Tally } from '../../src/tally.js';
import { createRandom, type Random } from '../../src/random.js';
import { inPieces, mutated, validRequests, validResponse } from '../proxy/engines/native/corpus.js';
import { compareRequests, compareResponses } from '../proxy/engines/native/differential.js';
import { keep, startWorkerWith, until } from '../proxy/worker-harness.js';
import { connectRaw } from '../support/raw-client.js';

const seconds = Number(process.env['ROUNDHOUSE_FUZZ_S'] ?? 90);
const seed = Number(process.env['ROUNDHOUSE_FUZZ_SEED'] ?? 20_261_127);
const timeout = (seconds + 60) * 1000;
const batch = 1000;
const lanes = 16;

const hasTime = (part: number): (() => boolean) => {
  const endsMs = systemClock.monotonicMs() + part * seconds * 1000;
  return () => systemClock.monotonicMs() < endsMs;
};

it.each([
  ['requests', compareRequests],
  ['responses', compareResponses],
] as const)('what ours accepts of broken %s llhttp accepts as the same', { timeout }, async (what, compare) => {
  const goesOn = hasTime(1 / 3);
  let [made, accepted] = [0, 0];
  for (let round = seed; goesOn(); round += 1) {
    const tally = await compare(round, batch, true);
    expect(tally.differences, `seed ${round}`).toEqual([]);
    made += tally.made;
    accepted += tally.accepted;
  }
  process.stderr.write(`seed ${seed}: ${made} ${what}, of which ours took ${accepted}\n`);
  expect(accepted).toBeGreaterThan(made / 10);
});

function anyResponse(random: Random): string {
  const valid = validResponse(random, 'GET');
  return random.below(3) === 0 ? valid : mutated(valid, random);
}

/** Answers whatever comes with anything, until it is told to be good. */
async function startWildOrigin(random: Random): Promise<{ readonly url: string; good: boolean; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', () => answerWildly(socket));
  });
  function answerWildly(socket: Socket): void {
    const what = origin.good ? 9 : random.below(8);
    if (what === 0) socket.resetAndDestroy();
    else if (what === 1) socket.end();
    else if (what === 2) return; // silence
    else if (what === 9) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
    else for (const piece of inPieces(anyResponse(random), random)) socket.write(piece);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number }; // it listens on TCP
  const origin = {
    url: `http://127.0.0.1:${port}`,
    good: false,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return origin;
}

/** One client: what it sends, in what pieces, and how it ends is chance. @returns what it got */
async function wildClient(port: number, random: Random): Promise<string> {
  const client = await connectRaw({ address: '127.0.0.1', port });
  for (const piece of inPieces(random.below(4) === 0 ? validRequests(random) : mutated(validRequests(random), random), random)) {
    client.send(piece);
    if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const how = random.below(8);
  if (how === 0) client.reset();
  else if (how < 4) client.end();
  await client.ended(); // within the worker's time limits, or that is a finding
  client.socket.destroy();
  return client.text;
}

/** What a browser could read: whole responses, the last one maybe cut. */
const isHttp = (text: string): boolean => text === '' || /^HTTP\/1\.1 [1-5]\d\d /.test(text) || 'HTTP/1.1 '.startsWith(text);

function counts(tally: Tally): Record<string, number> {
  const all: Record<string, number> = {};
  tally.forEach((labels, count) => (all[labels.join(' ')] = count));
  return all;
}

it('a worker between wild clients and a wild origin stays well, and lets go of all it had', { timeout }, async () => {
  const random = createRandom(seed);
  const origin = keep(Object.assign(await startWildOrigin(random), { port: 0, sockets: new Set<Socket>() }));
  const [short, long] = [250, 1000];
  const timeouts = {
    ...{ headersMs: short, requestMs: short, keepAliveMs: short, originKeepAliveMs: short, originAgeMs: long },
    ...{ connectMs: long, responseMs: short, idleMs: short, queueMs: short },
  };
  const { worker, port, get } = await startWorkerWith(createNativeEngine, [origin.url], { timeouts, accessLog: 'off' });
  const goesOn = hasTime(1 / 3);
  let clients = 0;
  const lane = async (): Promise<void> => {
    for (; goesOn(); clients += 1) {
      const text = await wildClient(port, random);
      if (!isHttp(text)) expect(text, `client ${clients}`).toBe('HTTP');
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const requests = counts(worker.stats.requests);
  const faults = counts(worker.stats.faults);
  process.stderr.write(`seed ${seed}: ${clients} clients; requests ${JSON.stringify(requests)}; faults ${JSON.stringify(faults)}\n`);
  expect(clients).toBeGreaterThan(500);
  expect(faults).not.toHaveProperty('internal-error');
  expect(Object.keys(faults)).toEqual(expect.arrayContaining(['malformed-request', 'client-aborted', 'invalid-response', 'reset-before-response']));

  await until(() => worker.engine.connections === 0 && worker.engine.originConnections === 0);
  expect(worker.stats).toMatchObject({ inFlight: 0, queued: 0, tunnels: 0 });
  origin.good = true;
  const answers = await Promise.all(Array.from({ length: 20 }, () => get()));
  expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual(answers.map(() => [200, 'good']));
});
