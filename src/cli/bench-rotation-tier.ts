/**
 * Which tier `bench rotation` visits: its own on a free loopback network, or one that runs already.
 */
import { createSocket } from 'node:dgram';
import { createAttachedTier, type FoundTier } from '../../bench/rotation/attached-tier.js';
import { createOwnTier } from '../../bench/rotation/own-tier.js';
import { attachedConfig, ownTierConfig } from '../../bench/rotation/tier-config.js';
import type { TierUnderTest } from '../../bench/rotation/tier-under-test.js';
import { systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import { ServiceError } from '../service.js';
import type { RotationGiven } from './bench-rotation-options.js';
import type { RotationPlan } from './bench-rotation-plan.js';

export async function tierFor(given: RotationGiven, plan: RotationPlan, found: FoundTier | undefined): Promise<TierUnderTest> {
  const { scenario, contenders } = plan;
  const level = scenario.events.length > 0 ? 'error' : 'warn'; // a worker that goes down is news only when nobody asked for it
  const log = createLog({ level, to: 'stderr', fields: { role: 'bench' } });
  const needs = { scenario, contenders, speed: given.speed, network: await freeNetwork(), dns: given.dns };
  const token = process.env['ROUNDHOUSE_TOKEN'];
  if (found === undefined) {
    const { absent } = scenario.workers;
    return createOwnTier({ loaded: ownTierConfig(needs, given.origins), absent, clock: systemClock, random: systemRandom(), log });
  }
  const { hostname, port } = found.control;
  const control = { address: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
  const loaded = attachedConfig(needs, control, found.service, found.members);
  return createAttachedTier({ found, loaded, token, clock: systemClock, log });
}

/** The lower half of 127.0.0.0/8 but for where people and tests put things; the upper half are the users'. */
const networks = Array.from({ length: 40 }, (_, index) => `127.${64 + index}.${index}`);
const dnsPort = 5300;

/** One whose DNS port nobody has: another benchmark may be running. @throws ServiceError where this machine has none of them */
async function freeNetwork(): Promise<string> {
  for (const network of networks) if (await canBind(`${network}.1`)) return network;
  const advice = process.platform === 'linux' ? '40 benchmarks seem to be running' : `only Linux has all of 127.0.0.0/8; add addresses to lo0 or use --control`;
  throw new ServiceError(`bench: no loopback network is free (${networks[0]}.1 to ${networks.at(-1)}.1): ${advice}`);
}

function canBind(address: string): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(dnsPort, address, () => socket.close(() => resolve(true)));
  });
}
