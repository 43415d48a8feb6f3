/**
 * Layer 2: recursive resolvers, which ask the simulated authority when what they have in their caches is too old.
 */
import type { Random } from '../random.js';
import type { SimulatedAuthority } from './authority-layer.js';
import { createResolverCaches, type ResolverCaches } from './resolver-caches.js';
import type { ResolverLayer } from './scenario.js';

export interface Resolvers extends Pick<ResolverCaches, 'answer' | 'ttlLeftS' | 'epoch'> {
  /** One look-up by a client: fills `answer[0..count)`, as `ResolverCaches.handOut` does. */
  lookup(resolver: number, atS: number): number;
}

export function createResolvers(
  layer: ResolverLayer,
  addresses: readonly string[],
  answersMax: number,
  authority: SimulatedAuthority,
  random: Random,
): Resolvers {
  const caches = createResolverCaches(layer, addresses.length, answersMax, random);
  const { answer, ttlLeftS, epoch } = caches;
  return {
    answer,
    ttlLeftS,
    epoch,
    lookup(resolver, atS) {
      if (caches.isStale(resolver, atS)) {
        const size = authority.answer(atS, addresses[resolver] as string, answer); // callers know the resolvers
        caches.keep(resolver, answer, size, authority.ttlS(), authority.epoch(), atS);
      }
      return caches.handOut(resolver, atS);
    },
  };
}
