/** The prober: rhythm, verdicts, nudges and operator states, all in virtual time. */
import { describe, expect, it } from 'vitest';
import { healthReasons } from '../../src/pool/pool.js';
import type { Probe } from '../../src/pool/prober.js';
import { createRandom } from '../../src/random.js';
import { createRig, ok, refused, settle, timing, type Call } from './prober-rig.js';

describe('start-up', () => {
  it('probes all at once, settles with the first result of each, and that result decides alone', async () => {
    const { prober, pool, calls, answer, health } = createRig(3);
    let settled = false;
    void prober.settled().then(() => (settled = true));
    await settle();
    expect([calls.length, settled]).toEqual([0, false]);
    prober.start();
    prober.start();
    expect(calls.map(({ name, atMs }) => [name, atMs])).toEqual([['w1', 0], ['w2', 0], ['w3', 0]]);
    await answer('w1', ok);
    await answer('w2', refused);
    expect(settled).toBe(false);
    await answer('w3', ok);
    expect(settled).toBe(true);
    expect(['w1', 'w2', 'w3'].map(health)).toEqual(['up probe-passed', 'down probe-refused ECONNREFUSED', 'up probe-passed']);
    expect(pool.snapshot().members.map(({ stableForMs }) => stableForMs)).toEqual([6000, 10_000, 6000]);
    await prober.settled();
  });

  it('does not wait for members that are not enabled', async () => {
    const { prober, pool, calls, answer } = createRig(3);
    pool.setAdmin('w2', 'disabled');
    pool.setAdmin('w3', 'draining');
    prober.start();
    expect(calls.map(({ name }) => name)).toEqual(['w1', 'w3']);
    const settled = prober.settled();
    await answer('w1', ok);
    await settled;
  });

  it('settles when the last unsettled member is disabled, and when the prober stops', async () => {
    const { prober, pool, answer } = createRig(2);
    prober.start();
    const first = prober.settled();
    await answer('w1', ok);
    pool.setAdmin('w2', 'disabled');
    await first;
    pool.setAdmin('w2', 'enabled');
    const second = prober.settled();
    prober.stop();
    await second;
    await prober.settled();
  });
});

describe('the rhythm', () => {
  it('counts intervals from start to start, faster in doubt, slower when down', async () => {
    const { prober, calls, advance, answer } = createRig(1);
    prober.start();
    const script = [ok, refused, ok, refused, refused, refused, refused, ok, ok, ok];
    for (const outcome of script) {
      const before = calls.length;
      await advance(300);
      await answer('w1', outcome);
      while (calls.length === before) await advance(100);
    }
    const times = calls.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps).toEqual([2000, 1000, 2000, 1000, 1000, 5000, 5000, 1000, 2000, 2000]);
    expect(prober.history('w1')).toBe('+-+----+++');
  });

  it('spreads by at most 5 % when given randomness, the members differently', async () => {
    const { prober, calls, advance } = createRig(2, { prober: { random: createRandom(3) } });
    prober.start();
    const answered = new Set<Call>();
    for (let step = 0; step < 400; step += 1) {
      for (const call of calls) if (!answered.has(call)) await (answered.add(call), call.answer(ok));
      await advance(100);
    }
    const timesOf = (wanted: string): number[] => calls.filter(({ name }) => name === wanted).map(({ atMs }) => atMs);
    const gaps = timesOf('w1').slice(1).map((at, index) => at - (timesOf('w1')[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1900);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2100);
    expect(new Set(gaps).size).toBeGreaterThan(5);
    expect(timesOf('w1')).not.toEqual(timesOf('w2'));
  });

  it('probes a member that times out all the time without pause, but never twice at once', async () => {
    const { prober, calls, advance, open } = createRig(1, { prober: { timing: { ...timing, downinterMs: 500 } } });
    prober.start();
    await advance(800);
    expect(calls[0]?.signal.aborted).toBe(true);
    await calls[0]?.answer(refused);
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 800]);
    expect(open.get('w1')).toBe(1);
  });
});

describe('outcomes', () => {
  it('keeps a verdict through blips and tells the doubt', async () => {
    const { prober, pool, advance, answer, health } = createRig(1);
    prober.start();
    await answer('w1', ok);
    await advance(2000);
    await answer('w1', refused);
    expect(health('w1')).toBe('up probe-passed 1 of 3 failed: ECONNREFUSED');
    expect(pool.snapshot().stableForMs).toBe(2000);
    await advance(1000);
    await answer('w1', refused);
    expect(pool.snapshot().stableForMs).toBe(1000);
    await advance(1000);
    await answer('w1', refused);
    expect(health('w1')).toBe('down probe-refused ECONNREFUSED');
    expect(pool.snapshot().members[0]?.sinceMs).toBe(5000);
    await advance(5000);
    await answer('w1', ok);
    expect(health('w1')).toBe('down probe-refused 1 of 2 passed');
    await advance(1000);
    await answer('w1', ok);
    expect(health('w1')).toBe('up probe-passed');
    expect(pool.snapshot().members[0]?.sinceMs).toBe(11_000);
  });

  it('enforces the time-out itself and ignores the late answer', async () => {
    const { prober, calls, advance, health } = createRig(1);
    prober.start();
    await advance(800);
    expect(health('w1')).toBe('down probe-timeout no answer within 800 ms');
    expect(calls[0]?.signal.aborted).toBe(true);
    await calls[0]?.answer(ok);
    expect(health('w1')).toBe('down probe-timeout no answer within 800 ms');
    expect(prober.history('w1')).toBe('-');
  });

  it('does not pile up probes that never settle, and goes on when one does', async () => {
    const { prober, calls, advance, open, health } = createRig(1);
    prober.start();
    await advance(30_000);
    expect(calls).toHaveLength(1);
    expect(prober.history('w1')).toBe('------'); // 0, 5, 10, 15, 20, 25 s
    await calls[0]?.fail(new Error('at last')); // at 30 s another result is awaited: now really asked
    expect(calls).toHaveLength(2);
    expect(open.get('w1')).toBe(1);
    await calls[1]?.answer(ok);
    expect(health('w1')).toBe('down probe-timeout 1 of 2 passed');
  });

  it.each([
    [new Error('name not found'), 'name not found'],
    ['a string', 'a string'],
  ])('counts a probe that rejects with %s as probe-error', async (error, detail) => {
    const { prober, calls, health } = createRig(1);
    prober.start();
    await calls[0]?.fail(error);
    expect(health('w1')).toBe(`down probe-error ${detail}`);
  });

  it('counts a probe that throws as probe-error', async () => {
    const broken: Probe = () => {
      throw new Error('bad URL');
    };
    const { prober, health } = createRig(1, { prober: { probe: broken } });
    prober.start();
    await prober.settled();
    expect(health('w1')).toBe('down probe-error bad URL');
  });

  it('counts them by member and reason, with the last duration', async () => {
    const { prober, advance, answer } = createRig(2);
    const { outcomes, lastDurationMs } = prober.stats;
    expect([...lastDurationMs]).toEqual([Number.NaN, Number.NaN]);
    prober.start();
    await advance(300);
    await answer('w2', ok);
    await advance(500);
    const counted: [string, string, number][] = [];
    outcomes.forEach(([name = '', reason = ''], count) => counted.push([name, reason, count]));
    expect(counted).toEqual([
      ['w1', 'probe-timeout', 1],
      ['w2', 'probe-passed', 1],
    ]);
    expect(outcomes.at(1, healthReasons.indexOf('probe-passed'))).toBe(1);
    expect([...lastDurationMs]).toEqual([800, 300]);
  });

  it('remembers the last 64', async () => {
    const outcomes = [refused, ok, ok];
    let at = 0;
    const { prober, advance } = createRig(1, { automatic: () => outcomes[at++ % 3] ?? ok });
    prober.start();
    await advance(150_000);
    expect(prober.history('w1')).toMatch(/^([+-])(?:[+-]{62})([+-])$/);
    expect(`${prober.history('w1')}${prober.history('w1')}`).toMatch(/\+\+-\+\+-/);
    expect(at).toBeGreaterThan(64);
  });
});

describe('nudge', () => {
  it('probes now instead of later', async () => {
    const { prober, calls, advance, answer } = createRig(1);
    prober.start();
    await answer('w1', ok);
    await advance(500);
    prober.nudge('w1');
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 500]);
    await answer('w1', ok);
    await advance(2000);
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 500, 2500]);
  });

  it('during a probe is remembered, once, and done at once when that ends', async () => {
    const { prober, calls, advance, answer } = createRig(1);
    prober.start();
    prober.nudge('w1');
    prober.nudge('w1');
    expect(calls).toHaveLength(1);
    await advance(100);
    await answer('w1', ok);
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 100]);
    await answer('w1', ok);
    expect(calls).toHaveLength(2);
  });

  it('at each of many failures makes at most 20 probes a second', async () => {
    const { prober, advance } = createRig(1, { automatic: () => refused, prober: { timing: { ...timing, downinterMs: 60_000 } } });
    prober.start();
    for (let step = 0; step < 100; step += 1) {
      prober.nudge('w1');
      prober.nudge('w1');
      await advance(10);
    }
    expect(prober.history('w1').length).toBe(21); // at 0, 50, … 1000 ms
    await advance(10_000);
    expect(prober.history('w1').length).toBe(21); // then the interval again
  });

  it('from a listener of the pool leaves one probe under way and one timer', async () => {
    const { prober, pool, advance, answer, open, pending } = createRig(1);
    pool.subscribe(() => prober.nudge('w1'));
    prober.start();
    await advance(100);
    await answer('w1', ok);
    expect(open.get('w1')).toBe(1);
    expect(pending()).toBe(1);
  });

  it('does nothing for the disabled and for a prober that does not run', () => {
    const { prober, pool, calls } = createRig(2);
    prober.nudge('w1');
    pool.setAdmin('w1', 'disabled');
    prober.start();
    prober.nudge('w1');
    prober.stop();
    prober.nudge('w2');
    expect(calls.map(({ name }) => name)).toEqual(['w2']);
  });

  it('knows its members', () => {
    const { prober } = createRig(1);
    expect(() => prober.nudge('w9')).toThrow(RangeError);
    expect(() => prober.markDown('w9', 'process-exited', '')).toThrow('no member named "w9"');
    expect(() => prober.history('constructor')).toThrow(RangeError);
  });
});

describe('markDown', () => {
  it('is at once, whatever the thresholds, and takes `rise` passes back', async () => {
    const { prober, advance, answer, health } = createRig(1);
    prober.start();
    await answer('w1', ok);
    prober.markDown('w1', 'process-exited', 'SIGKILL');
    expect(health('w1')).toBe('down process-exited SIGKILL');
    await advance(5000);
    await answer('w1', ok);
    expect(health('w1')).toBe('down process-exited 1 of 2 passed');
    await advance(1000);
    await answer('w1', ok);
    expect(health('w1')).toBe('up probe-passed');
  });

  it('takes no answer any more from the process that has ended', async () => {
    const { prober, calls, advance, health } = createRig(1, { prober: { timing: { ...timing, rise: 1 } } });
    prober.start();
    prober.markDown('w1', 'process-exited', 'SIGKILL');
    expect(calls[0]?.signal.aborted).toBe(true);
    await advance(100);
    prober.nudge('w1'); // the new process is there, but the old probe has not settled: not two at once
    expect(calls).toHaveLength(1);
    await calls[0]?.answer(ok);
    expect(health('w1')).toBe('down process-exited SIGKILL');
    expect(calls).toHaveLength(2);
    await calls[1]?.answer(ok);
    expect(health('w1')).toBe('up probe-passed');
  });

  it('counts as the first result', async () => {
    const { prober } = createRig(1);
    prober.start();
    prober.markDown('w1', 'process-exited', 'exit code 1');
    await prober.settled();
    expect(prober.history('w1')).toBe('');
  });
});

describe('operator states', () => {
  it('probes the draining, not the disabled; enabled again a member starts afresh', async () => {
    const { prober, pool, calls, advance, answer, health, pending } = createRig(1);
    prober.start();
    await answer('w1', ok);
    pool.setAdmin('w1', 'draining');
    await advance(2000);
    expect(calls).toHaveLength(2);
    pool.setAdmin('w1', 'disabled');
    expect(calls[1]?.signal.aborted).toBe(true);
    expect(pending()).toBe(0);
    await calls[1]?.answer(refused);
    await advance(10_000);
    expect(calls).toHaveLength(2);
    expect(health('w1')).toBe('up probe-passed');
    pool.setAdmin('w1', 'enabled');
    expect(calls).toHaveLength(3);
    await answer('w1', refused);
    expect(health('w1')).toBe('down probe-refused ECONNREFUSED');
  });
});

describe('stop', () => {
  it('releases every timer and listener, and lets go of the probe under way', async () => {
    const { prober, pool, calls, answer, pending } = createRig(2);
    prober.start();
    await answer('w1', ok);
    prober.stop();
    prober.stop();
    expect(pending()).toBe(0);
    expect(calls[1]?.signal.aborted).toBe(true);
    await calls[1]?.answer(ok);
    pool.setAdmin('w1', 'disabled');
    pool.setAdmin('w1', 'enabled');
    expect(calls).toHaveLength(2);
    expect(pool.snapshot().members[1]?.reason).toBe('initial');
  });

  it('may start again, and then settles afresh', async () => {
    const { prober, calls, answer, health } = createRig(1);
    prober.start();
    await answer('w1', ok);
    prober.stop();
    prober.start();
    expect(calls).toHaveLength(2);
    await answer('w1', refused);
    expect(health('w1')).toBe('down probe-refused ECONNREFUSED');
  });
});

describe('the log', () => {
  it('has one line for each change of a verdict', async () => {
    const { prober, lines, advance, answer } = createRig(1);
    prober.start();
    await answer('w1', ok);
    for (const outcome of [ok, refused, refused, refused, refused, ok, ok]) {
      await advance(100);
      prober.nudge('w1');
      await answer('w1', outcome);
    }
    expect(lines).toEqual(['info w1 is up', 'warn w1 is down: ECONNREFUSED', 'info w1 is up']);
  });

  it('has a line when failing open begins and one when it ends, none while the first results are awaited', async () => {
    const { prober, pool, lines, advance, answer } = createRig(2, { pool: { upThresh: 0.5 }, prober: { timing: { ...timing, rise: 1 } } });
    expect(pool.snapshot().failOpen).toBe(true); // nothing is known, and all are assumed down
    prober.start();
    await answer('w1', ok);
    await answer('w2', ok);
    expect(lines.splice(0)).toEqual(['info w1 is up', 'info w2 is up']);
    prober.markDown('w1', 'process-exited', 'SIGKILL');
    prober.markDown('w2', 'process-exited', 'SIGKILL');
    prober.markDown('w2', 'process-exited', 'SIGKILL');
    expect(lines.splice(0)).toEqual([
      'warn w1 is down: SIGKILL',
      'warn w2 is down: SIGKILL',
      'warn failing open: too few members are up, so all enabled ones are used whatever their health',
    ]);
    await advance(100);
    prober.nudge('w1');
    await answer('w1', ok);
    expect(lines).toEqual(['info w1 is up', 'info no longer failing open: enough members are up']);
  });
});
