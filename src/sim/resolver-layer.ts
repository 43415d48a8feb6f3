/**
 * Layer 2: recursive resolvers. Each has one cache entry for the service name, a TTL floor and ceiling, perhaps a stale tail,
 * and an order of its own for what it hands out.
 */
import type { Random } from '../random.js';
import type { SimulatedAuthority } from './authority-layer.js';
import { drawKinds } from './kinds.js';
import type { ResolverKind, ResolverLayer } from './scenario.js';

export interface Resolvers {
  /**
   * One look-up by a client: fills `answer[0..count)` with member indices in the order in which they are handed out; the
   * facts of this answer are read below, until the next look-up.
   */
  lookup(resolver: number, atS: number): number;
  readonly answer: Uint16Array;
  /** How long the client may keep it. */
  ttlLeftS(): number;
  /** The epoch in which the authority gave it. */
  epoch(): number;
}

export function createResolvers(
  layer: ResolverLayer,
  addresses: readonly string[],
  answersMax: number,
  authority: SimulatedAuthority,
  random: Random,
): Resolvers {
  const count = addresses.length;
  const kindOf = drawKinds(layer.kinds, count, random);
  const lists = new Uint16Array(count * answersMax);
  const sizes = new Uint16Array(count);
  const expiresS = new Float64Array(count).fill(-Infinity);
  const epochs = new Uint16Array(count);
  const starts = new Uint16Array(count);
  const answer = new Uint16Array(answersMax);
  let ttlLeftS = 0;
  let epoch = 0;

  function refresh(resolver: number, kind: ResolverKind, atS: number): void {
    const size = authority.answer(atS, addresses[resolver] as string, answer);
    const at = resolver * answersMax;
    for (let place = 0; place < size; place += 1) lists[at + place] = answer[place] as number;
    sizes[resolver] = size;
    epochs[resolver] = authority.epoch();
    expiresS[resolver] = atS + Math.max(kind.ttlFloorS, Math.min(kind.ttlCeilingS, authority.ttlS()));
  }

  return {
    answer,
    ttlLeftS: () => ttlLeftS,
    epoch: () => epoch,
    lookup(resolver, atS) {
      const kind = layer.kinds[kindOf[resolver] as number] as ResolverKind;
      if (atS >= (expiresS[resolver] as number) + kind.staleS) refresh(resolver, kind, atS);
      const size = sizes[resolver] as number;
      const at = resolver * answersMax;
      const start = kind.order === 'keep' || size < 2 ? 0 : startOf(kind, resolver, size);
      for (let place = 0; place < size; place += 1) answer[place] = lists[at + ((start + place) % size)] as number;
      if (kind.order === 'shuffle') shuffle(answer, size, random);
      ttlLeftS = Math.max(0, (expiresS[resolver] as number) - atS);
      epoch = epochs[resolver] as number;
      return size;
    },
  };

  function startOf({ order }: ResolverKind, resolver: number, size: number): number {
    if (order === 'rotate') return random.below(size);
    if (order === 'shuffle') return 0;
    const start = (starts[resolver] as number) % size;
    starts[resolver] = start + 1;
    return start;
  }
}

/** Fisher–Yates. */
export function shuffle(list: Uint16Array, count: number, random: Random, from = 0): void {
  for (let place = 0; place < count - 1; place += 1) {
    const other = from + place + random.below(count - place);
    const moved = list[other] as number; // other < from + count
    list[other] = list[from + place] as number;
    list[from + place] = moved;
  }
}
