/**
 * Look-ups of virtual users on real sockets. Emulated resolvers have the caches of the simulator (`sim/resolver-caches.ts`) and
 * ask a real DNS server from an address of their own; or there is a real resolver, and each look-up is a question to it.
 *
 * A cache that has to ask asks once, however many of its clients wait; a resolver that keeps nothing asks for each of them.
 */
import type { ResolverCaches } from '../../src/sim/resolver-caches.js';
import type { AnswerReader } from './answer-members.js';
import type { Askers } from './askers.js';
import { isExhaustion } from './exhaustion.js';

export interface LiveResolvers {
  /**
   * One look-up. `done` is called, at once or later, with how many addresses are in `answer`; −1 when there was no good answer.
   * What it finds in `answer`, `ttlLeftS` and `epoch` holds during the call.
   */
  lookup(resolver: number, atS: number, done: (count: number) => void): void;
  readonly answer: Uint16Array;
  ttlLeftS(): number;
  epoch(): number;
}

export interface LiveResolverOptions {
  readonly askers: Askers;
  readonly query: Buffer;
  readonly reader: AnswerReader;
  readonly answersMax: number;
  /** A question could not be asked for want of sockets. */
  readonly onExhausted: () => void;
  /** Scenario time. */
  readonly nowS: () => number;
  /** Answers that arrive now belong to this state of the members. */
  readonly currentEpoch: () => number;
  /** A good answer came to this resolver, for a look-up that began at `atS`; `answer[0..count)` are its members. */
  readonly onAnswer: (resolver: number, atS: number, answer: Uint16Array, count: number) => void;
}

export interface EmulatedOptions extends LiveResolverOptions {
  readonly caches: ResolverCaches;
  /** Of each resolver. */
  readonly addressOf: (resolver: number) => string;
}

export function createEmulatedResolvers(options: EmulatedOptions): LiveResolvers {
  const { caches, addressOf, nowS } = options;
  const given = new Uint16Array(options.answersMax);
  const waiting = new Map<number, ((good: boolean) => void)[]>();

  function ask(resolver: number, atS: number, settle: (good: boolean) => void): void {
    askOnce(options, addressOf(resolver), given, (count, ttlS) => {
      if (count >= 0) {
        options.onAnswer(resolver, atS, given, count);
        caches.keep(resolver, given, count, ttlS, options.currentEpoch(), nowS());
      }
      settle(count >= 0);
    });
  }

  /** Everybody who waits for this cache is told when it has been filled. */
  function askTogether(resolver: number, atS: number, settle: (good: boolean) => void): void {
    const others = waiting.get(resolver);
    if (others !== undefined) return void others.push(settle);
    const all = [settle];
    waiting.set(resolver, all);
    ask(resolver, atS, (good) => {
      waiting.delete(resolver);
      for (const each of all) each(good);
    });
  }

  return {
    answer: caches.answer,
    ttlLeftS: caches.ttlLeftS,
    epoch: caches.epoch,
    lookup(resolver, atS, done) {
      if (!caches.isStale(resolver, atS)) return done(caches.handOut(resolver, atS));
      const settle = (good: boolean): void => done(good ? caches.handOut(resolver, nowS()) : -1);
      if (caches.kindOf(resolver).ttlCeilingS === 0) ask(resolver, atS, settle);
      else askTogether(resolver, atS, settle);
    },
  };
}

/** Every look-up is a question to a resolver that exists. */
export function createRealResolver(options: LiveResolverOptions): LiveResolvers {
  const answer = new Uint16Array(options.answersMax);
  let ttlLeftS = 0;
  return {
    answer,
    ttlLeftS: () => ttlLeftS,
    epoch: options.currentEpoch,
    lookup(resolver, atS, done) {
      askOnce(options, undefined, answer, (count, ttlS) => {
        ttlLeftS = ttlS;
        if (count >= 0) options.onAnswer(resolver, atS, answer, count);
        done(count);
      });
    },
  };
}

type Told = (count: number, ttlS: number) => void;

/** @param told once the answer is in `members`; −1: there was none, or none that is good */
function askOnce(options: LiveResolverOptions, from: string | undefined, members: Uint16Array, told: Told): void {
  const { askers, query, reader, onExhausted } = options;
  askers.ask(from, query).then(
    (message) => {
      const count = reader.read(message, members);
      told(count, reader.ttlS());
    },
    (error: unknown) => {
      if (isExhaustion(error)) onExhausted();
      told(-1, 0);
    },
  );
}
