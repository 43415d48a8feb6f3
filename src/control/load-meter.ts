/**
 * How busy the workers are, read from their own metrics: what policies of load and the alarm go by.
 *
 * Utilisation is the busy part of the event loop between two readings, from counters, so that a late or lost reading only
 * lengthens its interval. A process that began anew since the last reading has no interval yet: its start, which is all
 * work, would else look like overload. Readings go stale after `staleAfter(interMs)`; then nothing is known of that worker.
 */
import type { Clock, Timer } from '../clock.js';
import type { MetricName } from '../metrics/catalog.js';
import type { Pool, PoolMember } from '../pool/pool.js';
import type { LoadOf, LoadReading } from './message.js';
import { sum, type Page } from './scrape.js';

export interface LoadMeterOptions {
  readonly pool: Pool;
  /** From the beginning of a round of readings to the next. */
  readonly interMs: number;
  /** One page with `loadMetrics`; undefined when it cannot be had within `msMax`. */
  readonly read: (member: PoolMember, msMax: number) => Promise<Page | undefined>;
  /** After each round, when all that can be known is. */
  readonly onRead: () => void;
  readonly clock: Clock;
}

export interface LoadMeter {
  readonly loadOf: LoadOf;
  start(): void;
  stop(): void;
}

const active = 'roundhouse_process_event_loop_active_seconds_total';
const idle = 'roundhouse_process_event_loop_idle_seconds_total';
const inFlight = 'roundhouse_proxy_in_flight_requests';
const queued = 'roundhouse_proxy_queued_requests';
const startTime = 'process_start_time_seconds';

/** What a reading needs of a page. */
export const loadMetrics: readonly MetricName[] = [active, idle, inFlight, queued, startTime];

/** Two lost readings are no reason to forget a worker's load, three are. */
export const staleAfter = (interMs: number): number => 3 * interMs;

/** Where the counters of one process stood. */
interface Base {
  readonly startS: number;
  readonly activeS: number;
  readonly idleS: number;
}

interface Kept {
  readonly base: Base;
  readonly reading: LoadReading;
  readonly atMs: number;
}

export function createLoadMeter({ pool, interMs, read, onRead, clock }: LoadMeterOptions): LoadMeter {
  const kept = new Map<number, Kept>();
  let next: Timer | undefined;
  let stopped = false;

  async function readOne(member: PoolMember): Promise<void> {
    const page = await read(member, interMs / 2); // a round is over before the next, and who hangs delays the others by no more
    if (page === undefined || !page.some(({ name }) => name === active)) return;
    const base = { startS: sum(page, startTime), activeS: sum(page, active), idleS: sum(page, idle) };
    const utilisation = utilisationBetween(kept.get(member.index)?.base, base);
    const reading = { utilisation, backlog: sum(page, inFlight) + sum(page, queued), readMs: clock.realtimeMs() };
    kept.set(member.index, { base, reading, atMs: clock.monotonicMs() });
  }

  async function round(): Promise<void> {
    next = clock.after(interMs, () => void round());
    const asked = pool.snapshot().members.filter(({ admin }) => admin !== 'disabled');
    await Promise.all(asked.map(({ member }) => readOne(member)));
    if (!stopped) onRead();
  }

  return {
    loadOf(index) {
      const { reading, atMs = -Infinity } = kept.get(index) ?? {};
      return clock.monotonicMs() - atMs <= staleAfter(interMs) ? reading : undefined;
    },
    start: () => void round(),
    stop() {
      stopped = true;
      next?.cancel();
    },
  };
}

/** Null when there is no interval between them: the first reading, or another process. */
export function utilisationBetween(from: Base | undefined, to: Base): number | null {
  if (from === undefined || from.startS !== to.startS) return null;
  const activeS = to.activeS - from.activeS;
  const idleS = to.idleS - from.idleS;
  return activeS >= 0 && idleS >= 0 && activeS + idleS > 0 ? activeS / (activeS + idleS) : null;
}
