/**
 * From a scenario to the configuration of a tier that can be measured: the same policy, TTL, probes and weights, on loopback
 * addresses of its own, so that it runs beside whatever runs already.
 */
import { loadConfig, type LoadedConfig } from '../../src/config/load.js';
import { policyNeeds } from '../../src/pool/policies.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { SocketAddress } from '../../src/service.js';
import { membersOf } from '../../src/sim/members.js';
import type { Scenario } from '../../src/sim/scenario.js';
import type { Contender } from './contender.js';

export interface TierNeeds {
  readonly scenario: Scenario;
  /** Seconds of the scenario in a real one: what the tier does by the clock (probes, readings) runs as much faster. */
  readonly speed: number;
  readonly contenders: readonly Contender[];
  /** `127.70.3`: a /24 of loopback addresses, none of which is in use. */
  readonly network: string;
  /** Where DNS answers; by default at the first address of the network. */
  readonly dns: SocketAddress | undefined;
}

/**
 * A tier of our own.
 *
 * @param origins of the user; by default the built-in one
 * @throws ConfigError for what the tier does not take, though the simulator does
 */
export function ownTierConfig(needs: TierNeeds, origins: readonly string[]): LoadedConfig {
  const { scenario, speed, network } = needs;
  const here = `${network}.1`;
  const addressOf = (index: number): string => `${network}.${firstWorker + index}`;
  const members = membersOf(scenario.workers).map(({ name, weight, index }) => ({ name, weight, address: addressOf(index) }));
  const interMs = Math.max(100, Math.round((scenario.intervalS / speed) * 1000));
  return loadConfig({
    overrides: {
      ...(origins.length === 0 ? {} : { origins }),
      dns: dnsOf(needs),
      workers: { members, probe: { ...probeOf(scenario, speed), upThresh: scenario.authority.upThresh } },
      control: { address: here, load: { interMs } },
      origin: { address: here },
      proxy: { accessLog: 'off' },
    },
  });
}

/** For DNS processes that follow the control process of a tier that runs already. @param service `www.roundhouse.test` */
export function attachedConfig(needs: TierNeeds, control: SocketAddress, service: string, members: readonly PoolMember[]): LoadedConfig {
  const [name = '', ...zone] = service.split('.');
  return loadConfig({
    overrides: {
      dns: { ...dnsOf(needs), name, zone: zone.join('.') },
      workers: { members: members.map(({ index: _, ...member }) => member) },
      control,
    },
  });
}

function dnsOf({ scenario: { authority }, contenders, network, dns }: TierNeeds): object {
  const here = `${network}.1`;
  return {
    ...{ address: here, ...dns, metricsAddress: here, policy: neediest(contenders), tail: authority.tail, ttl: authority.ttl },
    answersMax: Math.min(100, authority.answersMax),
    ...(authority.alarm === undefined ? {} : { alarm: authority.alarm }),
  };
}

export const firstWorker = 11;
/** As many as fit into the network. */
export const workersMax = 200;

const probeMsMin = 20;

function probeOf({ authority: { probe } }: Scenario, speed: number): object {
  const scaled = (ms: number): number => Math.max(probeMsMin, Math.round(ms / speed));
  return {
    ...probe,
    interMs: scaled(probe.interMs),
    fastinterMs: scaled(probe.fastinterMs),
    downinterMs: scaled(probe.downinterMs),
    timeoutMs: scaled(probe.timeoutMs),
  };
}

/** The control process reads the workers' load when its policy needs that, so it gets the one that does, if any. */
function neediest(contenders: readonly Contender[]): string {
  const ours = contenders.filter(({ server }) => server === undefined).map(({ policy }) => policy);
  const needs: Readonly<Record<string, { readonly loads?: true }>> = policyNeeds;
  // Of a module of the user's own nobody knows what it weighs.
  return ours.find((policy) => needs[policy] === undefined || needs[policy]?.loads === true) ?? ours[0] ?? 'round-robin';
}
