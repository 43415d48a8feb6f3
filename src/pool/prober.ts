/**
 * Probes the members of a pool and writes the verdicts into it. The only part of the pool that waits.
 *
 * Promises: never two probes of one member at once; each ends after `timeoutMs` whatever the probe does, and what comes
 * later is ignored; the first of all members start together, later ones are spread by ±5 % so that they don't march in
 * step. Draining members are probed, disabled ones are not; one that is enabled again starts afresh, so its first result
 * decides. Intervals count from start to start, as operators reckon. Each change of a verdict and of failing open is
 * logged once.
 */
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { createTally, type Tally } from '../tally.js';
import { forcedDownVerdict, intervalMs, judge, stableForMs, unsettledVerdict, type ProbeTiming, type Verdict } from './health.js';
import { healthReasons, type Admin, type HealthFact, type HealthReason, type Pool, type PoolMember, type PoolSnapshot } from './pool.js';

export type { ProbeTiming } from './health.js';

export type ProbeOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: HealthReason; readonly detail: string };

/** Asks one member once. `signal` is aborted when nobody waits for the answer any more: let go of sockets then. */
export type Probe = (member: PoolMember, timeoutMs: number, signal: AbortSignal) => Promise<ProbeOutcome>;

export interface ProberOptions {
  readonly pool: Pool;
  readonly probe: Probe;
  readonly timing: ProbeTiming;
  readonly clock: Clock;
  /** Spreads the probes; without it the intervals are exact. */
  readonly random?: Random;
  readonly log: Log;
}

export interface ProberStats {
  /** Outcomes by member name and HealthReason. */
  readonly outcomes: Tally;
  /** How long the last probe took, by member index; NaN before the first. */
  readonly lastDurationMs: Float64Array;
}

export interface Prober {
  readonly stats: ProberStats;
  start(): void;
  /** Ends all probes and timers; verdicts stay as they are. */
  stop(): void;
  /** Settles when each enabled member has had its first result, or when the prober stops. */
  settled(): Promise<void>;
  /**
   * Probes now; if a probe is under way, again as soon as it ends. Whoever sees failures may nudge at each of them: there
   * are at least 50 ms between two starts. @throws RangeError for an unknown name, as all that take one
   */
  nudge(name: string): void;
  /** Down at once whatever the thresholds say, and a probe under way counts no more; `rise` good probes bring it back. */
  markDown(name: string, reason: HealthReason, detail: string): void;
  /** Up to 64 last outcomes, oldest first: `+++-++`. */
  history(name: string): string;
}

const historyMax = 64;
const nudgeGapMs = 50;

/** What the prober knows of one member. */
interface Watch {
  readonly member: PoolMember;
  verdict: Verdict;
  admin: Admin;
  history: string;
  /** Monotonic time at which it was last asked. */
  askedMs: number;
  /** Set while a result is awaited. */
  asking: { readonly deadline: Timer; readonly abort: AbortController } | undefined;
  /** The probe function has not settled; it may outlive what was asked. */
  busy: boolean;
  /** Nudged meanwhile. */
  again: boolean;
  next: Timer | undefined;
}

interface State extends ProberOptions {
  readonly watches: ReadonlyMap<string, Watch>;
  readonly stats: ProberStats;
  phase: 'new' | 'running' | 'stopped';
  failOpenLogged: boolean;
  unsubscribe: () => void;
  waiting: (() => void)[];
}

export function createProber(options: ProberOptions): Prober {
  const state = createState(options);
  const { pool, stats } = state;
  return {
    stats,
    start() {
      if (state.phase === 'running') return;
      state.phase = 'running';
      state.unsubscribe = pool.subscribe((snapshot) => followAdmin(state, snapshot));
      const { members } = pool.snapshot();
      for (const watch of state.watches.values()) {
        watch.admin = members[watch.member.index]?.admin ?? 'enabled';
        if (watch.admin !== 'disabled') startAfresh(state, watch);
      }
    },
    stop() {
      state.phase = 'stopped';
      state.unsubscribe();
      for (const watch of state.watches.values()) letGo(watch);
      review(state);
    },
    settled() {
      const promise = new Promise<void>((resolve) => state.waiting.push(resolve));
      review(state);
      return promise;
    },
    nudge(name) {
      const watch = watchOf(state, name);
      if (state.phase !== 'running' || watch.admin === 'disabled') return;
      if (watch.asking === undefined) askSoon(state, watch);
      else watch.again = true;
    },
    markDown(name, reason, detail) {
      const watch = watchOf(state, name);
      const probed = state.phase === 'running' && watch.admin !== 'disabled';
      letGo(watch);
      if (probed) schedule(state, watch, state.clock.monotonicMs() + state.timing.downinterMs);
      adopt(state, watch, forcedDownVerdict, { ok: false, reason, detail });
    },
    history: (name) => watchOf(state, name).history,
  };
}

function createState(options: ProberOptions): State {
  const { members } = options.pool;
  const watches = members.map((member): Watch => {
    const idle = { asking: undefined, busy: false, again: false, next: undefined };
    return { member, verdict: unsettledVerdict('down'), admin: 'enabled', history: '', askedMs: -Infinity, ...idle };
  });
  return {
    ...options,
    watches: new Map(watches.map((watch) => [watch.member.name, watch])),
    stats: {
      outcomes: createTally(members.map(({ name }) => name), healthReasons),
      lastDurationMs: new Float64Array(members.length).fill(Number.NaN),
    },
    phase: 'new',
    failOpenLogged: false,
    unsubscribe: () => {},
    waiting: [],
  };
}

function watchOf(state: State, name: string): Watch {
  const watch = state.watches.get(name);
  if (watch === undefined) throw new RangeError(`prober: the pool has no member named ${JSON.stringify(name)}`);
  return watch;
}

function startAfresh(state: State, watch: Watch): void {
  watch.verdict = unsettledVerdict(state.pool.snapshot().members[watch.member.index]?.health ?? 'down');
  ask(state, watch);
}

/** Ends what is under way and planned. The probe function may need a moment longer; its answer is not awaited. */
function letGo(watch: Watch): void {
  watch.next?.cancel();
  watch.asking?.deadline.cancel();
  watch.asking?.abort.abort();
  watch.asking = undefined;
  watch.again = false;
}

function ask(state: State, watch: Watch): void {
  const { clock, timing } = state;
  letGo(watch);
  const deadline = clock.after(timing.timeoutMs, () => {
    conclude(state, watch, { ok: false, reason: 'probe-timeout', detail: `no answer within ${timing.timeoutMs} ms` });
  });
  watch.askedMs = clock.monotonicMs();
  watch.asking = { deadline, abort: new AbortController() };
  launch(state, watch);
}

/** Calls the probe function, unless its last call is overdue: then as soon as that settles, if somebody still waits. */
function launch(state: State, watch: Watch): void {
  const { asking } = watch;
  if (asking === undefined || watch.busy) return;
  watch.busy = true;
  void attempt(state, watch.member, asking.abort.signal).then((outcome) => {
    watch.busy = false;
    if (watch.asking === asking) conclude(state, watch, outcome);
    else launch(state, watch);
  });
}

async function attempt({ probe, timing }: State, member: PoolMember, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    return await probe(member, timing.timeoutMs, signal);
  } catch (error) {
    return { ok: false, reason: 'probe-error', detail: error instanceof Error ? error.message : String(error) };
  }
}

function conclude(state: State, watch: Watch, outcome: ProbeOutcome): void {
  const { clock, timing, stats } = state;
  const { index } = watch.member;
  const { again } = watch;
  letGo(watch);
  watch.history = (watch.history + (outcome.ok ? '+' : '-')).slice(-historyMax);
  stats.outcomes.add(index, healthReasons.indexOf(outcome.ok ? 'probe-passed' : outcome.reason));
  stats.lastDurationMs[index] = clock.monotonicMs() - watch.askedMs;
  const verdict = judge(watch.verdict, outcome.ok, timing);
  // Planned before the pool hears of it: a listener may nudge or stop us.
  if (again) askSoon(state, watch);
  else schedule(state, watch, watch.askedMs + intervalMs(verdict, timing) * spread(state));
  adopt(state, watch, verdict, outcome);
}

const spread = ({ random }: State): number => (random === undefined ? 1 : 0.95 + 0.1 * random.next());

function askSoon(state: State, watch: Watch): void {
  const atMs = watch.askedMs + nudgeGapMs;
  if (state.clock.monotonicMs() >= atMs) ask(state, watch);
  else schedule(state, watch, atMs);
}

function schedule(state: State, watch: Watch, atMs: number): void {
  watch.next?.cancel();
  watch.next = state.clock.after(Math.max(0, atMs - state.clock.monotonicMs()), () => ask(state, watch));
}

/** Makes the verdict the member's, in the pool and in the log. */
function adopt(state: State, watch: Watch, verdict: Verdict, outcome: ProbeOutcome): void {
  const { pool, log, timing, clock } = state;
  const { name, index } = watch.member;
  const before = pool.snapshot().members[index];
  const changed = before?.health !== verdict.health;
  const news = changed || !watch.verdict.settled;
  watch.verdict = verdict;
  const { reason, detail } = explain(verdict, outcome, before?.reason ?? 'initial', timing);
  if (news && verdict.health === 'up') log.info({ member: name, reason, detail }, `${name} is up`);
  else if (news) log.warn({ member: name, reason, detail }, `${name} is down: ${detail}`);
  pool.setHealth(name, {
    health: verdict.health,
    reason,
    detail,
    sinceMs: changed || before === undefined ? clock.realtimeMs() : before.sinceMs,
    stableForMs: stableForMs(verdict, timing),
  });
  review(state);
}

/** Why the verdict is what it is; while in doubt the reason stays and the detail tells the doubt. */
function explain(verdict: Verdict, outcome: ProbeOutcome, before: HealthReason, timing: ProbeTiming): Pick<HealthFact, 'reason' | 'detail'> {
  const { rise, fall } = timing;
  if (verdict.contrary === 0) return outcome.ok ? { reason: 'probe-passed', detail: '' } : outcome;
  const doubt = outcome.ok ? `${verdict.contrary} of ${rise} passed` : `${verdict.contrary} of ${fall} failed: ${outcome.detail}`;
  return { reason: before, detail: doubt };
}

/** The operator's will may have changed: stop probing the disabled, start afresh with those enabled again. */
function followAdmin(state: State, { members }: PoolSnapshot): void {
  for (const watch of state.watches.values()) {
    const before = watch.admin;
    watch.admin = members[watch.member.index]?.admin ?? before;
    if (watch.admin === 'disabled') letGo(watch);
    else if (before === 'disabled') startAfresh(state, watch);
  }
  review(state);
}

/** Once every enabled member has had its result: whoever waits for that goes on, and failing open is worth a line. */
function review(state: State): void {
  const { phase, watches, pool, log } = state;
  if (phase === 'new') return;
  if (phase === 'running' && [...watches.values()].some(({ admin, verdict }) => admin === 'enabled' && !verdict.settled)) return;
  for (const resolve of state.waiting.splice(0)) resolve();
  const { failOpen, members } = pool.snapshot();
  if (phase === 'stopped' || failOpen === state.failOpenLogged) return;
  state.failOpenLogged = failOpen;
  const enabled = members.filter(({ admin }) => admin === 'enabled');
  const counts = { enabled: enabled.length, up: enabled.filter(({ health }) => health === 'up').length };
  if (failOpen) log.warn(counts, 'failing open: too few members are up, so all enabled ones are used whatever their health');
  else log.info(counts, 'no longer failing open: enough members are up');
}
