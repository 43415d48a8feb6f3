/**
 * The same digits on every machine and with every version of Node: whole runs, pinned. `npm run test:nodes` runs this too.
 *
 * Whoever changes what a simulation computes changes these on purpose, and says so in the changelog.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Scenario } from '../../src/sim/scenario.js';
import { simulate } from '../../src/sim/simulate.js';
import { gatewaysOf, pinnedClient, plainResolver } from '../support/scenarios.js';

function digestOf(scenario: Scenario): string {
  const run = simulate(scenario, { seed: 2026 });
  const text = JSON.stringify(run, (_, value: unknown) => (value instanceof Float64Array ? [...value] : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

const short = { durationS: 960, warmupS: 96 };

const pinned: readonly (readonly [name: string, digest: string, scenario: Scenario])[] = [
  ['two-tier with TTLs by domain', '360fef7afb4d817e', gatewaysOf({ ...short, authority: { policy: 'two-tier', ttl: '240/per-domain' } })],
  [
    'lognormal work, processor sharing, closed arrivals, estimated demand',
    '0d3a37d24f9ec9f1',
    gatewaysOf({
      ...short,
      authority: { policy: 'mrl', ttl: '60/per-domain-and-server', demand: { source: 'estimated', errorPercent: 0 } },
      clients: { arrivals: 'closed' },
      workers: { discipline: 'processor-sharing', service: { law: 'lognormal', cv2: 2 }, relative: [1, 0.8, 0.5] },
    }),
  ],
  [
    'resolvers and clients of all kinds, affinity, a death',
    'be7faadd5dcaaa13',
    gatewaysOf({
      ...short,
      authority: { policy: 'affinity', ttl: '30/5' },
      resolvers: { kinds: (['rotate', 'shuffle', 'cyclic', 'keep'] as const).map((order) => ({ ...plainResolver, order, staleS: 20 })) },
      clients: {
        think: { law: 'hyper-exponential', cv2: 3, meanS: 15 },
        kinds: (['first', 'shuffle', 'sort', 'sticky'] as const).map((choice) => ({ ...pinnedClient, choice, cache: 'ttl', reuseS: 20 })),
      },
      workers: { slots: 4, service: { law: 'hyper-exponential', cv2: 3 } },
      events: [{ atS: 300, kind: 'worker-dies', worker: 'w2', how: 'black-hole' }],
    }),
  ],
];

it.each(pinned)('%s', (_, digest, scenario) => expect(digestOf(scenario)).toBe(digest));
