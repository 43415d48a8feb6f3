/** A prober on a virtual clock, whose probes answer when the test says so. */
import { createVirtualClock } from '../../src/clock.js';
import { silentLog, type Log } from '../../src/log.js';
import { createPool, type Pool, type PoolOptions } from '../../src/pool/pool.js';
import { createProber, type Probe, type ProbeOutcome, type Prober, type ProberOptions } from '../../src/pool/prober.js';
import { createMembers } from '../support/rotation-suite.js';

export const timing = { interMs: 2000, fastinterMs: 1000, downinterMs: 5000, timeoutMs: 800, rise: 2, fall: 3 };
export const ok: ProbeOutcome = { ok: true };
export const refused: ProbeOutcome = { ok: false, reason: 'probe-refused', detail: 'ECONNREFUSED' };

export interface Call {
  readonly name: string;
  readonly atMs: number;
  readonly signal: AbortSignal;
  answer(outcome: ProbeOutcome): Promise<void>;
  fail(error: unknown): Promise<void>;
}

export interface Rig {
  readonly pool: Pool;
  readonly prober: Prober;
  readonly calls: Call[];
  readonly lines: string[];
  /** Probe functions that have not settled, by member. */
  readonly open: Map<string, number>;
  advance(byMs: number): Promise<void>;
  /** Answers the last call for the member. */
  answer(name: string, outcome: ProbeOutcome): Promise<void>;
  health(name: string): string;
  pending(): number;
}

/** Lets promise call-backs run; the clock stands. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

export interface RigOptions {
  readonly pool?: Partial<PoolOptions>;
  readonly prober?: Partial<ProberOptions>;
  /** Answers every probe at once. */
  readonly automatic?: () => ProbeOutcome;
}

export function createRig(count: number, more: RigOptions = {}): Rig {
  const clock = createVirtualClock(1000);
  const pool = createPool(createMembers(count), { upThresh: 0, initialHealth: 'down', realtimeMs: clock.realtimeMs, ...more.pool });
  const [calls, lines, open]: [Call[], string[], Map<string, number>] = [[], [], new Map()];
  const log: Log = { ...silentLog, info: (_fields, line) => lines.push(`info ${line}`), warn: (_fields, line) => lines.push(`warn ${line}`) };
  const probe: Probe = (member, _timeoutMs, signal) => {
    if (more.automatic !== undefined) return Promise.resolve(more.automatic());
    open.set(member.name, (open.get(member.name) ?? 0) + 1);
    return new Promise((resolve, reject) => {
      const close = async (act: () => void): Promise<void> => {
        open.set(member.name, (open.get(member.name) ?? 0) - 1);
        act();
        await settle();
      };
      calls.push({
        name: member.name,
        atMs: clock.monotonicMs() - 1000,
        signal,
        answer: (outcome) => close(() => resolve(outcome)),
        fail: (error) => close(() => reject(error)),
      });
    });
  };
  const prober = createProber({ pool, probe, timing, clock, log, ...more.prober });
  return {
    pool,
    prober,
    calls,
    lines,
    open,
    async advance(byMs) {
      for (let leftMs = byMs; leftMs > 0; leftMs -= 100) {
        clock.advance(Math.min(leftMs, 100));
        await settle();
      }
    },
    answer: async (name, outcome) => calls.findLast((call) => call.name === name)?.answer(outcome),
    health(name) {
      const state = pool.snapshot().members.find(({ member }) => member.name === name);
      return `${state?.health} ${state?.reason} ${state?.detail}`.trim();
    },
    pending: () => clock.pending(),
  };
}
