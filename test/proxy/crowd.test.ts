/**
 * A thousand clients at once through a worker, each with bytes of its own, before an origin that echoes: each gets back exactly what
 * it sent, in its order, whatever the others send, however it is framed and cut, and although some leave in the middle.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import { createRandom, type Random } from '../../src/random.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { startHttpOrigin } from '../support/origin-http.js';
import { keep, startWorkerWith, until } from './worker-harness.js';

const clients = 1000;
const bodyBytesMax = 100 * 1024;

interface Message {
  readonly target: string;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

interface Plan {
  /** One, or a pipelined pair, in one go. */
  readonly rounds: readonly (readonly Message[])[];
  /** Of the last round, where it breaks off and how; undefined for who stays. */
  readonly leaves: { readonly after: number; readonly how: 'fin' | 'reset' } | undefined;
}

/** Half of the bodies are small, as in life; a tenth have none. All differ from byte to byte and from each other. */
function bodyOf(random: Random, target: string): Buffer {
  const kind = random.below(10);
  const size = kind === 0 ? 0 : random.below(kind < 6 ? 2048 : bodyBytesMax);
  const body = Buffer.alloc(size);
  for (let at = 0; at < size; at += 1) body[at] = random.below(256);
  body.write(target.slice(0, size), 'latin1');
  return body;
}

function messageOf(random: Random, target: string): Message {
  const body = bodyOf(random, target);
  const answer = random.below(2) === 0 ? 'length' : 'stream';
  const head = `POST ${target} HTTP/1.1\r\nHost: h\r\nX-Answer: ${answer}\r\n`;
  if (random.below(2) === 0) return { target, body, bytes: Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]) };
  const pieces: Buffer[] = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.below(16_384));
    pieces.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  pieces.push(Buffer.from('0\r\n\r\n'));
  return { target, body, bytes: Buffer.concat(pieces) };
}

function planOf(random: Random, client: number): Plan {
  const rounds = Array.from({ length: 1 + random.below(2) }, (_, round) =>
    Array.from({ length: 1 + random.below(2) }, (_unused, place) => messageOf(random, `/${client}/${round}/${place}`)),
  );
  const bytes = (rounds.at(-1) ?? []).reduce((sum, message) => sum + message.bytes.length, 0);
  const leaves = random.below(8) === 0 ? { after: 1 + random.below(bytes - 1), how: random.below(2) === 0 ? 'fin' : 'reset' } as const : undefined;
  return { rounds, leaves };
}

/** As it comes, or in one piece with its length. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('X-Target', request.url ?? '');
  if (request.headers['x-answer'] === 'stream') {
    request.pipe(response);
    return;
  }
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => response.end(Buffer.concat(pieces)));
}

/** @returns how many of its messages came back */
async function play(client: RawClient, { rounds, leaves }: Plan, random: Random): Promise<number> {
  let echoed = 0;
  for (const [index, messages] of rounds.entries()) {
    const bytes = Buffer.concat(messages.map((message) => message.bytes));
    if (leaves !== undefined && index === rounds.length - 1) {
      client.send(bytes.subarray(0, leaves.after));
      await new Promise((resolve) => setImmediate(resolve));
      if (leaves.how === 'reset') client.reset();
      else client.end();
      await client.closed();
      return echoed;
    }
    const cut = random.below(bytes.length);
    client.send(bytes.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(bytes.subarray(cut));
    for (const { target, body } of messages) {
      const response = await client.response();
      expect([response.status, response.values('x-target'), response.complete]).toEqual([200, [target], true]);
      if (!Buffer.from(response.body, 'latin1').equals(body)) throw new Error(`${target}: not the ${body.length} bytes that were sent`);
      echoed += 1;
    }
    expect(client.rest).toBe('');
  }
  client.end();
  await client.closed();
  expect(client.rest).toBe('');
  return echoed;
}

it.each(Object.entries(engines))('the %s engine gives each of a thousand clients its own bytes back', async (_, createEngine) => {
  const random = createRandom(20_240_229);
  const origin = keep(await startHttpOrigin(echo));
  origin.server.keepAliveTimeout = 60_000; // no connection goes while it is taken
  const { worker, port } = await startWorkerWith(createEngine, [origin.url]);
  const plans = Array.from({ length: clients }, (_, client) => planOf(random, client));
  const crowd = await Promise.all(plans.map(() => connectRaw({ address: '127.0.0.1', port })));
  const echoed = await Promise.all(crowd.map((client, index) => play(client, plans[index] as Plan, createRandom(index))));
  const expected = plans.map(({ rounds, leaves }) => rounds.slice(0, leaves === undefined ? rounds.length : -1).flat().length);
  expect(echoed).toEqual(expected);
  await until(() => worker.engine.connections === 0 && worker.stats.inFlight === 0);
  const counted: [string, number][] = [];
  worker.stats.faults.forEach(([code = ''], count) => counted.push([code, count]));
  expect(counted.map(([code]) => code)).toEqual(['client-aborted']);
  const left = plans.filter(({ leaves }) => leaves !== undefined).length;
  expect(counted[0]?.[1]).toBeGreaterThan(left / 2); // the others left before a head was read
});
