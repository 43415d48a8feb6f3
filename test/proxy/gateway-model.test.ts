/**
 * Any order of events: clients, origins and time act at random on a small gateway, and what was promised must hold.
 *
 * The memory engine and the harness watch the contract; here stand the promises about exchanges: one record each, places
 * given back, complete means complete.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { faultCodes, faults, type FaultCode } from '../../src/proxy/fault.js';
import type { MemoryAttempt, MemoryClient } from '../support/memory-engine.js';
import { openGateway, type Harness } from './gateway-harness.js';

const clientSteps = ['data', 'end', 'drain', 'leave', 'block'] as const;
const originSteps = ['connect', 'reuse', 'inform', 'head', 'data', 'end', 'drain', 'block'] as const;

type Step =
  | { readonly do: 'request'; readonly method: string; readonly body: boolean; readonly upgrade: boolean }
  | { readonly do: 'client'; readonly which: number; readonly what: (typeof clientSteps)[number] }
  | { readonly do: 'origin'; readonly which: number; readonly what: (typeof originSteps)[number] }
  | { readonly do: 'fault'; readonly which: number; readonly code: FaultCode }
  | { readonly do: 'time'; readonly ms: number };

const which = fc.nat(5);
const upstream = faultCodes.filter((code) => faults[code].source === 'upstream');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('request' as const),
    method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD'),
    body: fc.boolean(),
    upgrade: fc.nat(4).map((n) => n === 0),
  }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('client' as const), which, what: fc.constantFrom(...clientSteps) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('origin' as const), which, what: fc.constantFrom(...originSteps) }) },
  fc.record({ do: fc.constant('fault' as const), which, code: fc.constantFrom(...upstream) }),
  fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1, 500, 3000, 25_000) }),
);

interface Play {
  readonly client: MemoryClient;
  readonly body: boolean;
  readonly upgrade: boolean;
  sent: string;
  ended: boolean;
}

/** Where each attempt stands, as an engine would know. */
interface Stage {
  connected: boolean;
  answered: boolean;
  over: boolean;
  sent: string;
}

class World {
  readonly plays: Play[] = [];
  readonly stages = new Map<MemoryAttempt, Stage>();
  constructor(readonly harness: Harness) {}

  act(step: Step): void {
    if (step.do === 'request') this.request(step);
    else if (step.do === 'time') this.harness.advance(step.ms);
    else if (step.do === 'client') this.client(step.which, step.what);
    else this.origin(step.which, step.do === 'fault' ? step.code : step.what);
  }

  request({ method, body, upgrade }: Extract<Step, { do: 'request' }>): void {
    const bodyBytes = body && !upgrade ? undefined : 0;
    const target = `/${this.plays.length}`;
    const options = { target, method: upgrade ? 'GET' : method, bodyBytes };
    const client = this.harness.request(upgrade ? { ...options, upgrade: 'websocket' } : options);
    this.plays.push({ client, body: bodyBytes === undefined, upgrade, sent: '', ended: false });
  }

  client(index: number, what: Extract<Step, { do: 'client' }>['what']): void {
    const play = this.plays.at(-1 - index);
    if (play === undefined) return;
    const { client } = play;
    if (what === 'data' && play.body && client.flowing && !play.ended) {
      play.sent += 'x';
      client.data('x');
    } else if (what === 'end' && play.body && client.flowing && !play.ended) {
      play.ended = true;
      client.end();
    } else if (what === 'drain') {
      client.window = Infinity;
      client.drain();
    } else if (what === 'leave') client.leave();
    else if (what === 'block') client.window = 1;
  }

  origin(index: number, what: Extract<Step, { do: 'origin' }>['what'] | FaultCode): void {
    const attempt = this.harness.engine.attempts.at(-1 - index);
    if (attempt === undefined || attempt.aborted) return;
    const stage = this.stages.get(attempt) ?? { connected: false, answered: false, over: false, sent: '' };
    this.stages.set(attempt, stage);
    if (stage.over) return;
    if (what === 'block') attempt.window = 1;
    else if (what === 'drain') {
      attempt.window = Infinity;
      if (!attempt.tunnel) attempt.drain();
    } else if (what === 'connect' || what === 'reuse') {
      if (!stage.connected) attempt.connect(what === 'reuse');
      stage.connected = true;
    } else if (what === 'inform') {
      if (stage.connected && !stage.answered && !attempt.tunnel) attempt.inform(103);
    } else if (what === 'head') {
      if (stage.connected && !stage.answered) attempt.head(attempt.tunnel ? 101 : 200);
      stage.answered ||= stage.connected;
    } else if (what === 'data') {
      if (!stage.answered || !attempt.flowing || attempt.tunnel) return;
      stage.sent += 'y';
      attempt.data('y');
    } else if (what === 'end') {
      if (!stage.answered || !attempt.flowing) return;
      stage.over = true;
      if (attempt.tunnel) attempt.closed(1, 1);
      else attempt.end();
    } else {
      stage.over = true;
      attempt.fault(what);
    }
  }

  /** Everybody goes home. */
  settle(): void {
    for (const { client } of this.plays) client.leave();
    for (const attempt of this.harness.engine.attempts) {
      const stage = this.stages.get(attempt);
      if (!attempt.tunnel || attempt.aborted || stage === undefined || stage.over) continue;
      stage.over = true;
      attempt.closed(0, 0);
    }
    this.harness.engine.flush();
  }
}

it('holds its promises whatever happens', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const harness = openGateway({ limits: { maxconn: 3, maxqueue: 2 }, retries: { budgetMin: 1, budgetPercent: 0 } });
      const world = new World(harness);
      for (const each of steps) {
        world.act(each);
        expect(harness.stats.inFlight).toBeLessThanOrEqual(3);
        expect(harness.stats.queued).toBeLessThanOrEqual(2);
      }
      world.settle();
      const { records, stats, engine } = harness;
      expect(engine.violations).toEqual([]);
      expect(records).toHaveLength(world.plays.length);
      expect(stats).toMatchObject({ inFlight: 0, queued: 0, tunnels: 0 });
      for (const attempt of engine.attempts) {
        const stage = world.stages.get(attempt);
        expect(attempt.aborted || stage?.over).toBe(true);
      }
      const outcomes = [0, 1, 2].flatMap((origin) => [0, 1, 2].map((outcome) => stats.attempts.at(origin, outcome)));
      expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(engine.attempts.length);
      world.plays.forEach(({ client, body, sent, ended }, index) => {
        if (client.state !== 'ended' || client.head?.status !== 200) return;
        const attempt = engine.attempts.findLast(({ request }) => request.target === `/${index}`);
        const stage = attempt && world.stages.get(attempt);
        expect(stage).toMatchObject({ over: true, sent: client.body });
        if (!body) return;
        expect(sent.startsWith(attempt?.body ?? '-')).toBe(true);
        if (ended && attempt?.requestEnded === true) expect(attempt.body).toBe(sent);
      });
    }),
    { numRuns: 400 },
  );
});
