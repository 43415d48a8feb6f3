/**
 * The simulator against the wire: what it takes for the authority's answers are, one by one, the bytes that the responder
 * sends to the same resolvers in the same state of the pool.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createResponder, type Responder } from '../../src/dns/responder.js';
import { createDnsStats } from '../../src/dns/stats.js';
import { createZone } from '../../src/dns/zone.js';
import { createAuthority, type Authority } from '../../src/pool/authority.js';
import { createGivenDemand, type Demand } from '../../src/pool/demand.js';
import { createEstimatedDemand } from '../../src/pool/estimated-demand.js';
import { mapFreePolicyNames, type PolicyName } from '../../src/pool/policies.js';
import { createRotation } from '../../src/pool/rotations.js';
import { createPool, type MemberState, type Pool } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { parseTtl } from '../../src/pool/ttl.js';
import type { WorkerLoads } from '../../src/pool/worker-loads.js';
import { createRandom } from '../../src/random.js';
import { clientsPerResolver, resolverAddress } from '../../src/sim/population.js';
import type { Scenario, ScenarioEvent } from '../../src/sim/scenario.js';
import { simulate } from '../../src/sim/simulate.js';
import { query, zoneOptions } from '../support/dns-fixture.js';
import { gatewaysOf } from '../support/scenarios.js';

interface Answered {
  readonly atS: number;
  readonly address: string;
  readonly addresses: readonly (string | undefined)[];
  readonly ttlS: number;
  readonly states: readonly MemberState[];
  readonly loads: { readonly utilisations: readonly number[]; readonly backlogs: readonly number[]; readonly version: number };
}

function simulated(scenario: Scenario, seed: number): Answered[] {
  const answers: Answered[] = [];
  simulate(scenario, {
    seed,
    onAnswer: ({ atS, address, members, count, ttlS, simulated: { pool, loads } }) => {
      const { members: states } = pool.snapshot();
      answers.push({
        atS,
        address,
        addresses: [...members.subarray(0, count)].map((index) => states[index]?.member.address),
        ttlS,
        states,
        loads: {
          utilisations: states.map((_, index) => loads.utilisation(index)),
          backlogs: states.map((_, index) => loads.backlog(index)),
          version: loads.version,
        },
      });
    },
  });
  return answers;
}

/** The server's side: its own pool, loads, clock and policy, brought to the state in which the simulator answered. */
function served(scenario: Scenario, seed: number, like: readonly Answered[]): { addresses: string[]; ttlS: number }[] {
  const clock = createVirtualClock();
  const members = (like[0] as Answered).states.map(({ member }) => member);
  const pool = createPool(members, { upThresh: scenario.authority.upThresh, initialHealth: 'up', realtimeMs: () => 0 });
  let { loads: told } = like[0] as Answered;
  const loads: WorkerLoads = {
    utilisation: (index) => told.utilisations[index] ?? Number.NaN,
    backlog: (index) => told.backlogs[index] ?? Number.NaN,
    get version() {
      return told.version;
    },
  };
  const random = createRandom(createRandom(seed).below(2 ** 32)); // the first of the simulator's generators is the policy's
  const demand = demandOf(scenario, clock);
  const { tail, answersMax } = scenario.authority;
  const makeRotation = (policy: string): Rotation => createRotation(policy as PolicyName, { tail, random, clock, loads, demand });
  let rotation = makeRotation(scenario.authority.policy);
  let ttl = parseTtl(scenario.authority.ttl, { demand });
  // Of both families' authorities only the one for A is ever asked here.
  const newResponder = (): Responder => responderOf(pool, () => createAuthority({ rotation, ttl, demand }), answersMax);
  let responder = newResponder();
  const changes = scenario.events.filter(({ kind }) => kind === 'policy' || kind === 'ttl').toSorted((a, b) => a.atS - b.atS);
  return like.map((answer) => {
    clock.advanceTo(answer.atS * 1000);
    for (let [next] = changes; next !== undefined && next.atS + scenario.warmupS <= answer.atS; [next] = changes) {
      changes.shift();
      if (next.kind === 'policy') rotation = makeRotation(next.policy);
      if (next.kind === 'ttl') ttl = parseTtl(next.ttl, { demand });
      responder = newResponder();
    }
    bring(pool, answer.states);
    told = answer.loads;
    return ask(responder, answer.address);
  });
}

function demandOf({ authority, resolvers, clients }: Scenario, clock: ReturnType<typeof createVirtualClock>): Demand {
  if (authority.demand.source === 'estimated') return createEstimatedDemand({ clock });
  const sizes = clientsPerResolver(resolvers.population, clients.count);
  const lookupsPerS = 1 / clients.think.meanS / clients.session.requestsMean; // to the last digit: `dal` breaks ties by it
  return createGivenDemand(Array.from(sizes, (size, rank) => ({ address: resolverAddress(rank), lookupsPerS: size * lookupsPerS })));
}

function bring(pool: Pool, states: readonly MemberState[]): void {
  pool.batch(() => {
    for (const { member, admin, alarmed, ...fact } of states) {
      pool.setHealth(member.name, fact);
      pool.setAdmin(member.name, admin);
      pool.setAlarm(member.name, alarmed);
    }
  });
}

function responderOf(pool: Pool, newAuthority: () => Authority, answersMax: number): Responder {
  const zone = createZone(zoneOptions(pool, { rotated: { name: 'www', pool, newAuthority, answersMax } }));
  return createResponder({ zone, stats: createDnsStats(pool.members.map(({ name }) => name)), ednsBytes: 1232 });
}

const question = query('www.roundhouse.test', 1);
const room = Buffer.alloc(65_535);

function ask(responder: Responder, address: string): { addresses: string[]; ttlS: number } {
  const bytes = responder.respond(question, question.length, { address }, 'tcp', room);
  const answers = room.readUInt16BE(6);
  const addresses: string[] = [];
  let ttlS = 0;
  for (let at = question.length; addresses.length < answers; at += 16) {
    expect(at + 16).toBeLessThanOrEqual(bytes);
    ttlS = room.readUInt32BE(at + 6);
    addresses.push([...room.subarray(at + 12, at + 16)].join('.'));
  }
  return { addresses, ttlS };
}

const workerName = (count: number) => fc.integer({ min: 1, max: count }).map((index) => `w${index}`);

const eventOf = (count: number): fc.Arbitrary<ScenarioEvent> => {
  const at = { atS: fc.integer({ min: 0, max: 500 }), worker: workerName(count) };
  return fc.oneof(
    fc.record({ ...at, kind: fc.constant('worker-dies' as const), how: fc.constantFrom('refuse' as const, 'black-hole' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-returns' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-drains' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-enabled' as const) }),
    fc.record({ atS: at.atS, kind: fc.constant('ttl' as const), ttl: fc.constantFrom(0, 20, '30/5', '60/per-domain') }),
    fc.record({ atS: at.atS, kind: fc.constant('policy' as const), policy: fc.constantFrom(...mapFreePolicyNames) }),
  );
};

const worlds = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    seed: fc.integer(),
    count: fc.constant(count),
    relative: fc.array(fc.constantFrom(1, 0.8, 0.5, 0.25), { maxLength: count }),
    ttl: fc.constantFrom<number | string>(0, 5, 60, '30/5', '60/per-domain', '60/per-domain-and-server'),
    tail: fc.constantFrom('cyclic' as const, 'shuffled' as const),
    answersMax: fc.integer({ min: 1, max: 10 }),
    source: fc.constantFrom('given' as const, 'estimated' as const),
    events: fc.array(eventOf(count), { maxLength: 6 }),
  }),
);

describe('the simulator answers as the server does, byte for byte', () => {
  it.each(mapFreePolicyNames)('%s', (policy) => {
    let compared = 0;
    fc.assert(
      fc.property(worlds, ({ seed, count, relative, ttl, tail, answersMax, source, events }) => {
        const scenario = gatewaysOf({
          durationS: 600,
          warmupS: 60,
          authority: { policy, ttl, tail, answersMax, upThresh: 0.5, alarm: 0.8, demand: { source, errorPercent: 0 } },
          resolvers: { population: { law: 'zipf', count: 7, exponent: 1, weights: [] } },
          clients: { count: 60, session: { law: 'geometric', requestsMean: 5 } },
          workers: { count, capacity: 55, relative },
          events,
        });
        const expected = simulated(scenario, seed);
        fc.pre(expected.length > 0);
        compared += expected.length;
        const found = served(scenario, seed, expected);
        for (const [place, { addresses, ttlS }] of expected.entries()) {
          expect(found[place], `answer ${place}`).toEqual({ addresses, ttlS });
        }
      }),
      { numRuns: 25 },
    );
    expect(compared).toBeGreaterThan(1000);
  });
});
