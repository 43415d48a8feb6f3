/**
 * Look-ups of virtual users: answers read from the bytes, sources by resolver, caches filled once.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createAnswerReader } from '../../../bench/users/answer-members.js';
import { createAskers } from '../../../bench/users/askers.js';
import { createEmulatedResolvers, createRealResolver, type LiveResolverOptions, type LiveResolvers } from '../../../bench/users/live-resolvers.js';
import { sourceOf, sourcesMax } from '../../../bench/users/resolver-sources.js';
import { systemClock } from '../../../src/clock.js';
import { encodeQuery } from '../../../src/dns/client-message.js';
import { typeCodes } from '../../../src/dns/wire.js';
import { createRandom } from '../../../src/random.js';
import type { SocketAddress } from '../../../src/service.js';
import { createResolverCaches } from '../../../src/sim/resolver-caches.js';
import type { ResolverKind } from '../../../src/sim/scenario.js';
import { ownNetwork } from '../../support/addresses.js';
import { createDnsFixture, query } from '../../support/dns-fixture.js';
import { plainResolver, scenarioOf } from '../../support/scenarios.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
const www = 'www.roundhouse.test';

describe('an answer', () => {
  const { respond, pool } = createDnsFixture();
  const members = new Uint16Array(4);

  it('names its members in order', () => {
    const reader = createAnswerReader(addresses);
    expect([reader.read(respond(query(www, typeCodes.A)), members), ...members]).toEqual([4, 0, 1, 2, 3]);
    expect([reader.read(respond(query(www, typeCodes.A)), members), ...members]).toEqual([4, 1, 2, 3, 0]);
    expect(reader.ttlS()).toBe(30);
    pool.setAdmin('w2', 'draining');
    expect([reader.read(respond(query(www, typeCodes.A)), members), ...members.subarray(0, 3)]).toEqual([3, 2, 3, 0]);
  });

  it('may be through an alias, and may name strangers', () => {
    const reader = createAnswerReader(addresses.slice(1, 3));
    expect(reader.read(respond(query('alias.roundhouse.test', typeCodes.A)), members)).toBe(1);
    expect([members[0], reader.strangers()]).toEqual([1, 2]);
  });

  it('may be empty, or none', () => {
    const reader = createAnswerReader(addresses);
    expect([reader.read(respond(query(www, typeCodes.MX)), members), reader.ttlS()]).toEqual([0, 0]);
    expect(reader.read(respond(query('nowhere.roundhouse.test', typeCodes.A)), members)).toBe(-1);
    expect(reader.read(Buffer.alloc(5), members)).toBe(-1);
  });

  it('never takes more than there is room for, nor reads beyond its end', () => {
    const reader = createAnswerReader(addresses);
    const good = respond(query(www, typeCodes.A));
    expect(reader.read(good, new Uint16Array(2))).toBe(2);
    fc.assert(
      fc.property(fc.nat(good.length), fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (length, changes) => {
        const bad = Buffer.from(good.subarray(0, length));
        for (const [at, value] of changes) if (at < length) bad.writeUInt8(value, at);
        expect(reader.read(bad, members)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 2000 },
    );
  });
});

it('each resolver asks from a network of its own, until there are too many', () => {
  expect([0, 1, 255, 256, 32_767, 32_768].map(sourceOf)).toEqual(['127.128.0.1', '127.128.1.1', '127.128.255.1', '127.129.0.1', '127.255.255.1', '127.128.0.2']);
  expect(sourceOf(sourcesMax - 1)).toBe('127.255.255.254');
});

/** A DNS server that tells who asked, and answers when `answer` says so. */
async function server(answer: (message: Buffer, peer: RemoteInfo, reply: (bytes: Buffer) => void) => void): Promise<SocketAddress> {
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => answer(message, peer, (bytes) => socket.send(bytes, peer.port, peer.address)));
  const address = `${ownNetwork()}.1`;
  socket.bind(0, address);
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return { address, port: socket.address().port };
}

describe('askers', () => {
  it('ask from the address given, with one socket each, of which the oldest go', async () => {
    const { respond } = createDnsFixture();
    const seen: string[] = [];
    const at = await server((message, peer, reply) => {
      seen.push(`${peer.address}:${peer.port}`);
      reply(respond(message));
    });
    const askers = createAskers({ server: at, timeoutMs: 2000, clock: systemClock }, 2);
    cleanups.push(askers.close);
    const sources = ['127.200.1.1', '127.200.2.1', '127.200.1.1', '127.200.3.1', '127.200.1.1', '127.200.2.1'];
    for (const from of sources) await askers.ask(from, encodeQuery(www, 'A'));
    expect(seen.map((peer) => peer.split(':')[0])).toEqual(sources);
    expect(seen[2]).toBe(seen[0]);
    expect(seen[4]).toBe(seen[0]); // used lately, so it stayed
    expect(seen[5]).not.toBe(seen[1]); // closed when the third came
  });

  it('keep those that wait for an answer, and fail when nobody answers or the address is not ours', async () => {
    const replies: (() => void)[] = [];
    const { respond } = createDnsFixture();
    const at = await server((message, _, reply) => void replies.push(() => reply(respond(message))));
    const askers = createAskers({ server: at, timeoutMs: 2000, clock: systemClock }, 1);
    cleanups.push(askers.close);
    const all = [1, 2, 3].map((host) => askers.ask(`127.200.4.${host}`, encodeQuery(www, 'A')));
    while (replies.length < 3) await new Promise((resolve) => setImmediate(resolve));
    replies.forEach((reply) => reply());
    expect((await Promise.all(all)).map((message) => message.readUInt16BE(6))).toEqual([4, 4, 4]);
    await expect(askers.ask('192.0.2.77', encodeQuery(www, 'A'))).rejects.toThrow(/cannot ask .* from 192\.0\.2\.77: this machine does not have the address/);
    const nobody = createAskers({ server: { address: '127.0.0.1', port: 1 }, timeoutMs: 2000, clock: systemClock });
    await expect(nobody.ask(undefined, encodeQuery(www, 'A'))).rejects.toThrow('nothing listens there');
    nobody.close();
  });
});

describe('resolvers on real sockets', () => {
  async function resolvers(kind: Partial<ResolverKind>, some: { readonly fails?: boolean } = {}) {
    const { respond } = createDnsFixture();
    const held: (() => void)[] = [];
    const asked: string[] = [];
    const at = await server((message, peer, reply) => {
      asked.push(peer.address);
      const bytes = respond(message);
      if (some.fails === true) bytes.writeUInt8((bytes.readUInt8(3) & 0xf0) | 2, 3); // SERVFAIL
      held.push(() => reply(bytes));
    });
    const askers = createAskers({ server: at, timeoutMs: 2000, clock: systemClock });
    cleanups.push(askers.close);
    const state = { nowS: 0, answers: 0 };
    const options: LiveResolverOptions = {
      ...{ askers, answersMax: 4, query: encodeQuery(www, 'A'), reader: createAnswerReader(addresses) },
      nowS: () => state.nowS,
      currentEpoch: () => 7,
      onAnswer: () => void (state.answers += 1),
      onExhausted: () => undefined,
    };
    const layer = { ...scenarioOf().resolvers, kinds: [{ ...plainResolver, ...kind }] };
    const caches = createResolverCaches(layer, 4, 4, createRandom(1));
    const emulated = createEmulatedResolvers({ ...options, caches, addressOf: (resolver) => `127.201.${resolver}.1` });
    const real = createRealResolver(options);
    const release = async (count: number): Promise<void> => {
      while (held.length < count) await new Promise((resolve) => setImmediate(resolve));
      held.splice(0).forEach((reply) => reply());
    };
    return { emulated, real, state, asked, release };
  }

  const told = (live: LiveResolvers, atS = 0, resolver = 0): Promise<number[]> =>
    new Promise((resolve) => live.lookup(resolver, atS, (count) => resolve([count, ...live.answer.subarray(0, Math.max(0, count))])));

  it('that cache ask once for all who wait, and not again while it is fresh', async () => {
    const { emulated, state, asked, release } = await resolvers({});
    const all = [told(emulated), told(emulated), told(emulated, 0, 1)];
    await release(2);
    expect(await Promise.all(all)).toEqual([[4, 0, 1, 2, 3], [4, 0, 1, 2, 3], [4, 1, 2, 3, 0]]);
    expect([state.answers, emulated.epoch(), emulated.ttlLeftS()]).toEqual([2, 7, 30]);
    state.nowS = 29;
    expect(await told(emulated, 29)).toEqual([4, 0, 1, 2, 3]);
    expect(emulated.ttlLeftS()).toBe(1);
    expect(asked.toSorted()).toEqual(['127.201.0.1', '127.201.1.1']);
    const later = told(emulated, 30);
    await release(1);
    expect(await later).toEqual([4, 2, 3, 0, 1]);
  });

  it('that keep nothing ask for each', async () => {
    const { emulated, asked, release } = await resolvers({ ttlCeilingS: 0 });
    const all = [told(emulated), told(emulated)];
    await release(2);
    expect(new Set((await Promise.all(all)).map(([, first]) => first))).toEqual(new Set([0, 1]));
    expect([asked.length, emulated.ttlLeftS()]).toEqual([2, 0]);
  });

  it('tell when there is no good answer, and ask again the next time', async () => {
    const { emulated, state, asked, release } = await resolvers({}, { fails: true });
    for (const times of [1, 2]) {
      const answer = told(emulated);
      await release(1);
      expect([await answer, asked.length]).toEqual([[-1], times]);
    }
    expect(state.answers).toBe(0);
  });

  it('that are real are asked each time, and say how long to keep it', async () => {
    const { real, asked, release } = await resolvers({});
    for (const first of [0, 1]) {
      const answer = told(real);
      await release(1);
      expect((await answer)[1]).toBe(first);
    }
    expect([asked, real.ttlLeftS()]).toEqual([[asked[0], asked[0]], 30]);
    expect(asked[0]).toMatch(/^127\./);
  });
});
