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

/** What is known of each resolver, side by side, so that a look-up costs few accesses to memory. */
const recordWords = 4;
const kindAt = 0;
/** Addresses in its cache. */
const sizeAt = 1;
const epochAt = 2;
/** `cyclic`: the place at which the next answer begins. */
const startAt = 3;

export function createResolvers(
  layer: ResolverLayer,
  addresses: readonly string[],
  answersMax: number,
  authority: SimulatedAuthority,
  random: Random,
): Resolvers {
  const count = addresses.length;
  const records = new Int32Array(count * recordWords);
  drawKinds(layer.kinds, count, random).forEach((kind, resolver) => void (records[resolver * recordWords + kindAt] = kind));
  const lists = new Uint16Array(count * answersMax);
  const expiresS = new Float64Array(count).fill(-Infinity);
  const answer = new Uint16Array(answersMax);
  let ttlLeftS = 0;
  let epoch = 0;

  function refresh(resolver: number, kind: ResolverKind, atS: number): void {
    const size = authority.answer(atS, addresses[resolver] as string, answer);
    const at = resolver * answersMax;
    for (let place = 0; place < size; place += 1) lists[at + place] = answer[place] as number;
    records[resolver * recordWords + sizeAt] = size;
    records[resolver * recordWords + epochAt] = authority.epoch();
    expiresS[resolver] = atS + Math.max(kind.ttlFloorS, Math.min(kind.ttlCeilingS, authority.ttlS()));
  }

  /** Where in the cached list an answer begins. */
  function startOf({ order }: ResolverKind, record: number, size: number): number {
    if (order === 'rotate') return random.below(size);
    if (order !== 'cyclic') return 0;
    const start = (records[record + startAt] as number) % size;
    records[record + startAt] = start + 1;
    return start;
  }

  return {
    answer,
    ttlLeftS: () => ttlLeftS,
    epoch: () => epoch,
    lookup(resolver, atS) {
      const record = resolver * recordWords; // callers know the resolvers
      const kind = layer.kinds[records[record + kindAt] as number] as ResolverKind;
      if (atS >= (expiresS[resolver] as number) + kind.staleS) refresh(resolver, kind, atS);
      const size = records[record + sizeAt] as number;
      const at = resolver * answersMax;
      const start = size < 2 ? 0 : startOf(kind, record, size);
      for (let place = 0; place < size; place += 1) answer[place] = lists[at + ((start + place) % size)] as number;
      if (kind.order === 'shuffle') shuffle(answer, size, random);
      ttlLeftS = Math.max(0, (expiresS[resolver] as number) - atS);
      epoch = records[record + epochAt] as number;
      return size;
    },
  };
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
