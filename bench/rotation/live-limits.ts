/**
 * What can be simulated and not be done for real, or not faithfully: told before anything is started.
 */
import type { Scenario } from '../../src/sim/scenario.js';
import { policyNeeds } from '../../src/pool/policies.js';
import { sourcesMax } from '../users/resolver-sources.js';
import type { Contender } from './contender.js';
import { workersMax } from './tier-config.js';

export interface LiveNeeds {
  readonly scenario: Scenario;
  readonly speed: number;
  readonly contenders: readonly Contender[];
  readonly hasResolver: boolean;
}

/** Readings closer together would measure the reading. */
const intervalMinS = 0.2;
const usersMax = 1_000_000;

/** What forbids it; each a sentence that says what to do. */
export function liveProblems({ scenario, speed, hasResolver }: LiveNeeds): string[] {
  const { events, workers, clients, resolvers, intervalS } = scenario;
  const count = workers.capacities.length || workers.count;
  const changed = events.find(({ kind }) => kind === 'ttl' || kind === 'policy');
  const checks: readonly (readonly [wrong: boolean, text: string])[] = [
    [changed !== undefined, `the event ${changed?.kind} cannot be made to happen to a DNS server that runs; simulate it, or compare two runs`],
    [count > workersMax, `workers.count: expected at most ${workersMax} on one machine, got ${count}`],
    [clients.count > usersMax, `clients.count: expected at most ${usersMax} virtual users, got ${clients.count}`],
    [resolvers.population.count > sourcesMax, `resolvers.population.count: expected at most ${sourcesMax}, one loopback address each, got ${resolvers.population.count}`],
    [intervalS / speed < intervalMinS, `intervalS: expected at least ${intervalMinS * speed} at this speed (readings every ${intervalMinS} s), got ${intervalS}`],
    [hasResolver && speed !== 1, `--speed: expected 1 beside --resolver, whose cache keeps real time, got ${speed}`],
  ];
  return checks.flatMap(([wrong, text]) => (wrong ? [text] : []));
}

/** What makes a difference, and forbids nothing. */
export function liveWarnings({ scenario, contenders, hasResolver }: LiveNeeds): string[] {
  const needs: Readonly<Record<string, { readonly demand?: true }>> = policyNeeds;
  const weighs = contenders.filter(({ policy, server }) => server === undefined && needs[policy]?.demand === true).map(({ name }) => name);
  const given = scenario.authority.demand.source === 'given' && weighs.length > 0;
  const silent = scenario.events.some((event) => event.kind === 'worker-dies' && event.how === 'black-hole');
  return [
    ...(given ? [`${weighs.join(', ')}: live DNS estimates where requests come from, whatever authority.demand says`] : []),
    ...(silent ? ['a worker that hangs accepts connections; virtual users treat it as one that says nothing'] : []),
    ...(hasResolver ? ['--resolver takes the place of the emulated resolvers; what the scenario says of them is for the simulator alone'] : []),
  ];
}
