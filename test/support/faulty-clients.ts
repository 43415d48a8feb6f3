/**
 * Clients that behave, and clients that leave at any point: in a request's head, in its body, before the answer, in the middle of it, in a
 * pipeline, in a tunnel; by FIN or by RST. Each request says how its origin is to fail (`faulty-origin.ts`), and each answer to a
 * client that stayed is judged: the whole right body, or the failure that was asked for, and never a piece of anything else.
 */
import type { Random } from '../../src/random.js';
import type { SocketAddress } from '../../src/service.js';
import { count, plans, tunnelPlans, type OriginNotes, type Plan } from './faulty-origin.js';
import { patternAt } from './pattern.js';
import { connectRaw, type RawClient, type RawResponse } from './raw-client.js';
import { resetAtOnce } from './raw-socket.js';

export interface Traffic {
  /** Clients' faults, by what they did. */
  readonly faults: Map<string, number>;
  /** Answers to clients that stayed, by plan and outcome. */
  readonly outcomes: Map<string, number>;
  /** Answers that nobody asked for. */
  wrong(): string[];
  /** No new sessions; settles when the last is over. */
  stop(): Promise<void>;
}

export interface TrafficOptions {
  readonly at: SocketAddress;
  readonly notes: OriginNotes;
  readonly lanes: number;
  readonly newRandom: (lane: number) => Random;
  /** Answers do not count any more. */
  readonly isStopping: () => boolean;
}

interface Asked {
  readonly plan: Plan;
  readonly method: 'GET' | 'POST';
  readonly bytes: number;
  readonly id: number;
  readonly wire: Buffer;
  readonly headBytes: number;
}

const uploadBytesMax = 150_000;
const downloadBytesMax = 200_000;
/** Everything behind the answer must be in the same read as its end, or it is the next request's problem. */
const extraBytesMax = 10_000;
/** These keep a client waiting for a time limit of the worker's. */
const isSlow = (plan: Plan): boolean => plan.startsWith('stall');
const failsBefore = new Set<Plan>(['close-before', 'reset-before', 'reset-in-body', 'garbage', 'tunnel-reset-before']);

export function startTraffic({ at, notes, lanes, newRandom, isStopping }: TrafficOptions): Traffic {
  const faults = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const suspects: { readonly id: number; readonly isExcusable: boolean; readonly what: string }[] = [];
  let [running, lastId] = [true, 0];

  function note({ id, plan, method }: Asked, outcome: string, isRight: boolean, isExcusable = false): void {
    if (isStopping()) return;
    count(outcomes, `${plan} → ${outcome}`);
    if (!isRight) suspects.push({ id, isExcusable, what: `${method} /${plan} ${id} → ${outcome}` });
  }

  const lane = async (_: unknown, index: number): Promise<void> => {
    const random = newRandom(index);
    const ask = (from: readonly Plan[]): Asked => newRequest(random, pick(random, from), (lastId += 1));
    while (running) {
      const client = await connectRaw(at).catch((error: unknown) => {
        if (!isStopping()) throw error;
      });
      if (client === undefined) return;
      await session({ client, random, ask, note, faults }).catch((error: unknown) => {
        if (!isStopping()) throw error;
      });
      client.socket.destroy();
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  all.catch(() => undefined); // `stop` tells
  return {
    faults,
    outcomes,
    wrong: () => [...notes.wrong, ...suspects.filter(({ id, isExcusable }) => !(isExcusable && notes.hit.has(id))).map(({ what }) => what)],
    async stop() {
      running = false;
      await all;
    },
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)] as T; // never empty

function newRequest(random: Random, plan: Plan, id: number): Asked {
  const isUpload = plan === 'early' || (!plan.startsWith('tunnel') && random.next() < 0.3);
  const bytes = 2 + Math.floor((plan === 'extra' ? extraBytesMax : downloadBytesMax) * random.next() ** 4);
  const upload = isUpload ? patternAt(id, 1 + Math.floor(uploadBytesMax * random.next() ** 3)) : Buffer.alloc(0);
  const method = isUpload ? 'POST' : 'GET';
  const isChunked = isUpload && random.next() < 0.3;
  const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : isUpload ? `Content-Length: ${upload.length}\r\n` : '';
  const upgrade = plan.startsWith('tunnel') ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : '';
  const head = Buffer.from(`${method} /${plan}/${bytes}/${id} HTTP/1.1\r\nHost: soak.test\r\n${upgrade}${framing}\r\n`);
  const body = isChunked ? [Buffer.from(`${upload.length.toString(16)}\r\n`), upload, Buffer.from('\r\n0\r\n\r\n')] : [upload];
  return { plan, method, bytes, id, wire: Buffer.concat([head, ...body]), headBytes: head.length };
}

interface Session {
  readonly client: RawClient;
  readonly random: Random;
  readonly ask: (from: readonly Plan[]) => Asked;
  readonly note: (asked: Asked, outcome: string, isRight: boolean, isExcusable?: boolean) => void;
  readonly faults: Map<string, number>;
}

const harmless: readonly Plan[] = ['fine', 'chunked', 'refuse-reuse', 'reset-once', 'close-before', 'reset-before'];
const swift: readonly Plan[] = plans.filter((plan) => !isSlow(plan));

/** One connection, with whatever happens on it. */
async function session(one: Session): Promise<void> {
  const chance = one.random.next();
  if (chance < 0.4) return polite(one);
  if (chance < 0.5) return pipeline(one);
  if (chance < 0.6) return tunnel(one);
  return fickle(one);
}

async function polite(one: Session): Promise<void> {
  const { client, random, ask } = one;
  for (let left = 1 + random.below(8); left > 0; left -= 1) {
    const asked = ask(random.next() < 0.02 ? ['stall-before', 'stall-mid'] : random.next() < 0.5 ? harmless : swift);
    client.send(asked.wire);
    const response = await client.response(asked.method).catch(() => undefined);
    judge(one, asked, response);
    if (response === undefined || !response.complete || closes(response)) return;
  }
}

const closes = (response: RawResponse): boolean => response.values('connection').some((value) => value.toLowerCase() === 'close');

async function pipeline(one: Session): Promise<void> {
  const { client, random, ask, faults } = one;
  const asked = Array.from({ length: 2 + random.below(6) }, () => ask(harmless)).filter(({ method }) => method === 'GET');
  client.send(Buffer.concat(asked.map(({ wire }) => wire)));
  if (random.next() < 0.4) {
    if (random.next() < 0.5) await client.untilBytes(1).catch(() => undefined);
    await turns(random.below(10));
    return leave(client, random, faults, 'in a pipeline');
  }
  for (const each of asked) judge(one, each, await client.response(each.method).catch(() => undefined));
}

/** Leaves before its answer is complete, or just then. */
async function fickle({ client, random, ask, faults }: Session): Promise<void> {
  const asked = ask(random.next() < 0.05 ? ['stall-before', 'stall-mid'] : swift);
  const chance = random.next();
  if (chance < 0.2) {
    client.send(asked.wire.subarray(0, 1 + random.below(asked.headBytes - 1)));
    await turns(random.below(3));
    return leave(client, random, faults, 'in the head');
  }
  if (chance < 0.45 && asked.method === 'POST') {
    client.send(asked.wire.subarray(0, asked.headBytes + random.below(asked.wire.length - asked.headBytes)));
    await turns(random.below(20));
    return leave(client, random, faults, 'in the body');
  }
  client.send(asked.wire);
  if (chance < 0.7) {
    await turns(random.below(20));
    return leave(client, random, faults, 'before the answer');
  }
  await client.untilBytes(1).catch(() => undefined);
  await turns(random.below(5)); // each may bring another piece
  return leave(client, random, faults, 'in the answer');
}

async function turns(times: number): Promise<void> {
  for (let left = times; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
}

function leave(client: RawClient, random: Random, faults: Map<string, number>, where: string): void {
  const isReset = random.next() < 0.5;
  count(faults, `${where}, by ${isReset ? 'RST' : 'FIN'}`);
  if (isReset) resetAtOnce(client.socket);
  else client.socket.destroySoon();
}

// ---- what a client that stayed may see

function judge({ note }: Session, asked: Asked, response: RawResponse | undefined): void {
  const { plan, id } = asked;
  const isMid = plan.includes('-mid');
  if (response === undefined) return note(asked, 'broken off', isMid);
  const { status, complete } = response;
  if (status !== 200) {
    // A retry may be denied; what was sent before a RST may never have been read.
    const may502 = failsBefore.has(plan) || plan === 'reset-once' || plan.startsWith('reset-mid');
    const isWanted = (status === 502 && may502) || (status === 504 && plan === 'stall-before');
    return note(asked, String(status), complete && isWanted, complete && status === 502);
  }
  const isRightSoFar = response.values('x-id').join() === String(id) && isPattern(response.body, id);
  const isWhole = complete && response.body.length === asked.bytes;
  const outcome = isWhole ? 'whole' : complete ? 'shorter, as if whole' : 'broken off';
  const isAsAsked = isMid ? !complete : isWhole && !failsBefore.has(plan) && !isSlow(plan);
  note(asked, isRightSoFar ? outcome : `${outcome}, but wrong`, isRightSoFar && isAsAsked);
}

const isPattern = (text: string, id: number): boolean => text === patternAt(id, text.length).toString('latin1');

async function tunnel(one: Session): Promise<void> {
  const { client, random, ask, note, faults } = one;
  const asked = ask(tunnelPlans);
  const { plan, id, bytes } = asked;
  client.send(asked.wire);
  const response = await client.response().catch(() => undefined);
  if (response?.status !== 101) {
    const wanted = plan === 'tunnel-refuse' ? 403 : plan === 'tunnel-reset-before' ? 502 : 101;
    return note(asked, String(response?.status), response?.status === wanted && response.complete, response?.status === 502);
  }
  client.send(patternAt(id, bytes));
  if (random.next() < 0.4) {
    await client.until(() => client.rest.length >= random.below(bytes)).catch(() => undefined);
    return leave(client, random, faults, 'in a tunnel');
  }
  if (plan === 'tunnel') {
    await client.until(() => client.rest.length >= bytes).catch(() => undefined);
    client.end();
  }
  const ending = await client.ended();
  const isRightSoFar = isPattern(client.rest, id);
  const isWhole = client.rest.length === bytes && ending === 'fin';
  // A RST that comes together with data libuv reports as the end of the stream (uv__stream_io, at POLLHUP); so it looks like a FIN here.
  const isEndRight = plan === 'tunnel' ? isWhole : plan === 'tunnel-reset' || ending === 'fin';
  note(asked, `switched, ${isRightSoFar ? '' : 'wrong, '}${isWhole ? 'whole' : ending}`, isRightSoFar && isEndRight);
}
