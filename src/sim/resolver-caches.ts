/**
 * What recursive resolvers have in their caches: one answer for the service name each, with a TTL floor and ceiling, perhaps a
 * stale tail, and an order of its own for what is handed out. Who fills them is somebody else: the simulated authority
 * (`resolver-layer.ts`), or a real DNS server when the virtual users of `bench rotation` ask one.
 */
import type { Random } from '../random.js';
import { drawKinds } from './kinds.js';
import type { ResolverKind, ResolverLayer } from './scenario.js';

export interface ResolverCaches {
  /** Does it have to ask before it can hand out? */
  isStale(resolver: number, atS: number): boolean;
  /** Takes over `answer[0..size)`, member indices in the order in which the authority gave them. */
  keep(resolver: number, answer: Uint16Array, size: number, ttlS: number, epoch: number, atS: number): void;
  /**
   * Fills `answer[0..count)` with what a client is told, in the order in which it is handed out; the facts of this answer are
   * read below, until the next one.
   */
  handOut(resolver: number, atS: number): number;
  readonly answer: Uint16Array;
  /** How long the client may keep it. */
  ttlLeftS(): number;
  /** The epoch in which the authority gave it. */
  epoch(): number;
  /** Of this kind is the resolver. */
  kindOf(resolver: number): ResolverKind;
}

/** What is known of each resolver, side by side, so that a look-up costs few accesses to memory. */
const recordWords = 4;
const kindAt = 0;
/** Addresses in its cache. */
const sizeAt = 1;
const epochAt = 2;
/** `cyclic`: the place at which the next answer begins. */
const startAt = 3;

export function createResolverCaches(layer: ResolverLayer, count: number, answersMax: number, random: Random): ResolverCaches {
  const records = new Int32Array(count * recordWords);
  drawKinds(layer.kinds, count, random).forEach((kind, resolver) => void (records[resolver * recordWords + kindAt] = kind));
  const lists = new Uint16Array(count * answersMax);
  const expiresS = new Float64Array(count).fill(-Infinity);
  const answer = new Uint16Array(answersMax);
  let ttlLeftS = 0;
  let epoch = 0;
  const kindOf = (resolver: number): ResolverKind =>
    layer.kinds[records[resolver * recordWords + kindAt] as number] as ResolverKind; // callers know the resolvers

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
    kindOf,
    isStale: (resolver, atS) => atS >= (expiresS[resolver] as number) + kindOf(resolver).staleS,
    keep(resolver, given, size, ttlS, givenIn, atS) {
      const kind = kindOf(resolver);
      const at = resolver * answersMax;
      for (let place = 0; place < size; place += 1) lists[at + place] = given[place] as number;
      records[resolver * recordWords + sizeAt] = size;
      records[resolver * recordWords + epochAt] = givenIn;
      expiresS[resolver] = atS + Math.max(kind.ttlFloorS, Math.min(kind.ttlCeilingS, ttlS));
    },
    handOut(resolver, atS) {
      const record = resolver * recordWords;
      const kind = kindOf(resolver);
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
