/**
 * What every number of a result depends on, in words.
 */
import type { Scenario } from '../../src/sim/scenario.js';
import { choicesOf } from '../../src/sim/summary.js';
import { counted, grouped } from '../../src/text/numbers.js';
import type { SocketAddress } from '../../src/service.js';
import { version } from '../../src/version.js';
import { factsOf } from '../harness/machine.js';
import type { About } from './result.js';

export interface AboutOptions {
  readonly scenario: Scenario;
  readonly scenarioName: string;
  readonly rounds: number;
  readonly seed: number;
  readonly speed: number;
  readonly path: string;
  readonly keepAlive: boolean;
  readonly resolver: SocketAddress | undefined;
  readonly command: string;
  readonly tier: string;
  readonly beganMs: number;
  readonly tookS: number;
}

export function aboutOf(options: AboutOptions): About {
  const { scenario, scenarioName, seed, speed, rounds, path, keepAlive, tier, beganMs, tookS } = options;
  const { description, warmupS, durationS, intervalS, authority, clients } = scenario;
  return {
    ...{ scenario: scenarioName, description, seed, speed, rounds, warmupS, measuredS: durationS, intervalS },
    ...{ keepAlive, path, tier, tookS },
    facts: factsOf(options.command, { roundhouse: version }),
    ttl: String(authority.ttl),
    alarm: authority.alarm ?? null,
    arrivals: clients.arrivals,
    users: clients.count,
    resolvers: resolversOf(options),
    choices: choicesOf(scenario).replace(/^(\S+) 1$/, '$1'), // one that all users have needs no share
    beganAt: new Date(beganMs).toISOString(),
  };
}

/** `40 resolvers (zipf) that keep, rotate`. */
function resolversOf({ scenario, resolver }: AboutOptions): string {
  if (resolver !== undefined) return `the resolver at ${resolver.address}:${resolver.port}`;
  const { population, kinds } = scenario.resolvers;
  if (kinds.every(({ ttlCeilingS }) => ttlCeilingS === 0)) return `each asking DNS without a cache, from ${grouped(population.count)} addresses`;
  const orders = [...new Set(kinds.map(({ order }) => order))].join(', ');
  return `behind ${counted(population.count, 'caching resolver')} (${population.law}; order of cached answers: ${orders})`;
}
