/**
 * What bounds a gateway: timeout lists, admission, the retry budget.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createAdmission, type Waiter } from '../../src/proxy/admission.js';
import { createRetryBudget } from '../../src/proxy/retry.js';
import { createTimeoutList, stopTimeout, type Timed } from '../../src/proxy/timeouts.js';

const untimed: Timed = { dueMs: 0, list: undefined, earlier: undefined, later: undefined };
interface Named extends Timed {
  readonly name: number;
}
const named = (name: number): Named => ({ ...untimed, name });

describe('a timeout list', () => {
  it('calls each entry that was not stopped, when its time is up, once', () => {
    const clock = createVirtualClock();
    const due: [number, number][] = [];
    const list = createTimeoutList<Named>(clock, 100, ({ name }) => due.push([name, clock.monotonicMs()]));
    const [a, b, c] = [named(1), named(2), named(3)];
    list.start(a);
    clock.advance(10);
    list.start(b);
    list.start(c);
    clock.advance(40);
    list.start(a); // anew
    stopTimeout(c);
    stopTimeout(c);
    expect(list.size()).toBe(2);
    clock.advance(1000);
    expect(due).toEqual([
      [2, 110],
      [1, 150],
    ]);
    expect(list.size()).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  it('agrees with one timer for each entry, whatever happens', () => {
    const action = fc.record({ entry: fc.nat(5), what: fc.constantFrom('start', 'other', 'stop', 'take'), wait: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const clock = createVirtualClock();
        const due: string[] = [];
        const lists = [50, 70].map((ms) => createTimeoutList<Named>(clock, ms, ({ name }) => due.push(`${name}@${clock.monotonicMs()}`)));
        const [short, long] = [lists[0]!, lists[1]!];
        const entries = [0, 1, 2, 3, 4, 5].map(named);
        /** The model: when each entry is due, and in which list. */
        const waiting = new Map<number, { readonly dueMs: number; readonly list: number }>();
        const expected: string[] = [];
        const passUntil = (untilMs: number): void => {
          const over = [...waiting].filter(([, { dueMs }]) => dueMs <= untilMs).sort((x, y) => x[1].dueMs - y[1].dueMs);
          for (const [name, { dueMs }] of over) {
            waiting.delete(name);
            expected.push(`${name}@${dueMs}`);
          }
        };
        for (const { entry, what, wait } of actions) {
          if (what === 'start' || what === 'other') {
            (what === 'start' ? short : long).start(entries[entry]!);
            waiting.delete(entry); // it goes to the end
            waiting.set(entry, { dueMs: clock.monotonicMs() + (what === 'start' ? 50 : 70), list: what === 'start' ? 0 : 1 });
          } else if (what === 'stop') {
            stopTimeout(entries[entry]!);
            waiting.delete(entry);
          } else {
            const first = [...waiting].find(([, { list }]) => list === 0)?.[0];
            expect(short.takeFirst()?.name).toBe(first);
            if (first !== undefined) waiting.delete(first);
          }
          passUntil(clock.monotonicMs() + wait);
          clock.advance(wait);
          expect(short.size() + long.size()).toBe(waiting.size);
        }
        passUntil(Infinity);
        clock.advance(1000);
        expect([...due].sort()).toEqual([...expected].sort());
        expect(clock.pending()).toBe(0);
      }),
    );
  });

  it('holds no timer once closed', () => {
    const clock = createVirtualClock();
    const list = createTimeoutList<Named>(clock, 100, () => expect.unreachable());
    list.start(named(1));
    list.close();
    expect(clock.pending()).toBe(0);
    expect(list.size()).toBe(0);
  });

  it('keeps nobody waiting for one that was started again from within a call', () => {
    const clock = createVirtualClock();
    const due: [number, number][] = [];
    const list = createTimeoutList<Named>(clock, 100, (entry) => {
      due.push([entry.name, clock.monotonicMs()]);
      if (due.length === 1) list.start(entry);
    });
    list.start(named(1));
    clock.advance(30);
    list.start(named(2));
    clock.advance(1000);
    expect(due).toEqual([
      [1, 100],
      [2, 130],
      [1, 200],
    ]);
  });

  it('may be started again from within a call', () => {
    const clock = createVirtualClock();
    const times: number[] = [];
    const entry = named(1);
    const list = createTimeoutList<Named>(clock, 100, (again) => {
      times.push(clock.monotonicMs());
      if (times.length < 3) list.start(again);
    });
    list.start(entry);
    clock.advance(1000);
    expect(times).toEqual([100, 200, 300]);
  });
});

function admissionWorld(maxconn: number, maxqueue: number) {
  const clock = createVirtualClock();
  const stats = { inFlight: 0, queued: 0 };
  const log: string[] = [];
  const admission = createAdmission({ maxconn, maxqueue, queueMs: 100, clock, stats });
  const waiter = (name: string, onAdmitted = (): void => undefined): Waiter => ({
    ...untimed,
    onAdmitted() {
      log.push(`${name} in`);
      onAdmitted();
    },
    onQueueTimeout: () => void log.push(`${name} late`),
  });
  return { clock, stats, log, admission, waiter };
}

describe('admission', () => {
  it('lets in, queues in order, and refuses', () => {
    const { stats, log, admission, waiter } = admissionWorld(1, 2);
    expect(['a', 'b', 'c', 'd'].map((name) => admission.enter(waiter(name)))).toEqual(['admitted', 'queued', 'queued', 'full']);
    expect(stats).toEqual({ inFlight: 1, queued: 2 });
    admission.leave();
    admission.leave();
    expect(log).toEqual(['b in', 'c in']);
    expect(stats).toEqual({ inFlight: 1, queued: 0 });
  });

  it('without a queue refuses at once', () => {
    const { admission, waiter } = admissionWorld(1, 0);
    expect([admission.enter(waiter('a')), admission.enter(waiter('b'))]).toEqual(['admitted', 'full']);
  });

  it('forgets who withdrew, and those whose time is up', () => {
    const { clock, stats, log, admission, waiter } = admissionWorld(1, 3);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => waiter(name)) as [Waiter, Waiter, Waiter, Waiter];
    for (const each of [a, b, c]) admission.enter(each);
    admission.withdraw(b);
    admission.withdraw(b);
    clock.advance(60);
    admission.enter(d);
    clock.advance(40);
    expect(log).toEqual(['c late']);
    expect(stats).toEqual({ inFlight: 1, queued: 1 });
    admission.leave();
    expect(log).toEqual(['c late', 'd in']);
    expect(clock.pending()).toBeLessThanOrEqual(1);
    admission.close();
    expect(clock.pending()).toBe(0);
  });

  it('does not grow the stack with waiters that leave as soon as they are in', () => {
    const { stats, log, admission, waiter } = admissionWorld(1, 50_000);
    admission.enter(waiter('first'));
    for (let i = 0; i < 50_000; i += 1) admission.enter(waiter(String(i), () => admission.leave()));
    admission.leave();
    expect(log).toHaveLength(50_000);
    expect(stats).toEqual({ inFlight: 0, queued: 0 });
  });
});

describe('the retry budget', () => {
  it.each([
    [{ budgetPercent: 20, budgetMin: 3 }, 1, 3],
    [{ budgetPercent: 20, budgetMin: 3 }, 100, 20],
    [{ budgetPercent: 20, budgetMin: 3 }, 24, 4],
    [{ budgetPercent: 0, budgetMin: 0 }, 1000, 0],
    [{ budgetPercent: 100, budgetMin: 0 }, 7, 7],
  ])('%j with %i in flight allows %i', (options, inFlight, allowed) => {
    const budget = createRetryBudget(options);
    let taken = 0;
    while (taken < 1000 && budget.take(inFlight)) taken += 1;
    expect([taken, budget.underWay()]).toEqual([allowed, allowed]);
    if (taken === 0) return;
    budget.giveBack();
    expect([budget.take(inFlight), budget.take(inFlight)]).toEqual([true, false]);
  });
});
