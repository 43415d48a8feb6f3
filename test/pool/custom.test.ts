/** Choosing a policy by name or by module: what is said when it is wrong, and the guard around a user's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '../../src/pool/authority.js';
import { createGivenDemand, type Demand } from '../../src/pool/demand.js';
import { guardRotation } from '../../src/pool/policies/custom.js';
import { policyNames } from '../../src/pool/policies.js';
import { loadAuthorityFactory, loadRotationFactory, loadRotationMaker, type LoadOptions } from '../../src/pool/policy-loading.js';
import { createRotation } from '../../src/pool/rotations.js';
import { createPool } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createRandom } from '../../src/random.js';
import { ServiceError } from '../../src/service.js';
import { ask, createMeans, createMembers, rotationSuite } from '../support/rotation-suite.js';

const options: LoadOptions = { tail: 'cyclic', random: createRandom(1), ...createMeans() };
const members = createMembers(3);
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roundhouse-policy-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function load(file: string, source: string, more: Partial<LoadOptions> = {}): Promise<() => Rotation> {
  await writeFile(join(directory, file), source);
  return loadRotationFactory(`./${file}`, directory, { ...options, ...more });
}

const lastFirst = `
export function createRotation({ tail }) {
  let calls = 0;
  return {
    tail,
    order(eligible, { address }, maxAnswers, order) {
      calls += 1;
      const count = Math.min(maxAnswers, eligible.length);
      for (let i = 0; i < count; i++) order[i] = (eligible.length - 1 - i + (calls - 1)) % eligible.length;
      return count;
    },
  };
}`;

describe('loadRotationFactory', () => {
  it.each(policyNames)('makes %s by its name, a state of its own each time', async (name) => {
    const make = await loadRotationFactory(name, directory, options);
    const reference = createRotation(name, { ...options, random: createRandom(9) });
    expect(ask(make(), members)).toHaveLength(ask(reference, members).length);
    expect(make()).not.toBe(make());
  });

  it('makes a user\'s own by the path of its module, relative or absolute, a state of its own each time', async () => {
    const make = await load('last-first.mjs', lastFirst);
    const [a, aaaa] = [make(), make()];
    expect([ask(a, members), ask(a, members), ask(aaaa, members)]).toEqual([
      [2, 1, 0],
      [0, 2, 1],
      [2, 1, 0],
    ]);
    const absolute = await loadRotationFactory(join(directory, 'last-first.mjs'), '/nowhere', options);
    expect(ask(absolute(), members)).toEqual([2, 1, 0]);
  });

  it('takes a CommonJS module too', async () => {
    const make = await load('common.cjs', 'exports.createRotation = () => ({ order(e, r, m, o) { o[0] = 1; return 1; } });');
    expect(ask(make(), members)).toEqual([1]);
  });

  it.each([
    ['round-robbin', 'policy: unknown policy "round-robbin"; did you mean "round-robin"? Known are round-robin, static-list, fixed,'],
    ['Weighted', 'did you mean "weighted"?'],
    ['roundrobin', 'did you mean "round-robin"?'],
    ['my-policy.js', 'did you mean "./my-policy.js"?'],
    ['least-connections-of-the-world', 'policy: unknown policy "least-connections-of-the-world"; Known are'],
    ['', 'policy: unknown policy ""; Known are'],
    ['x'.repeat(100_000), 'Known are'],
    ['constructor', 'policy: unknown policy "constructor"'],
  ])('does not know %.30j', async (policy, message) => {
    const attempt = loadRotationFactory(policy, directory, options);
    await expect(attempt).rejects.toThrow(ServiceError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('says where it looked when there is no such file', async () => {
    const attempt = loadRotationFactory('./absent.js', directory, options);
    await expect(attempt).rejects.toThrow(`policy: there is no file ./absent.js (${join(directory, 'absent.js')})`);
    await expect(loadRotationFactory('./', directory, options)).rejects.toThrow('there is no file');
  });

  it.each([
    ['syntax.mjs', 'export const = 1;', 'policy: cannot load ./syntax.mjs'],
    ['throws.mjs', 'throw new Error("no luck");', /cannot load .*: no luck/],
    ['imports.mjs', 'import "./absent.mjs";', /cannot load .*absent\.mjs/],
    ['kind.mjs', 'throw Object.assign(new TypeError("x"), { code: "ERR_UNKNOWN_FILE_EXTENSION" });', /Node v\d.* does not import this kind of file; use \.js or \.mjs/],
    ['nothing.mjs', 'const x = 1;', /must export a function createRotation\(options\); it exports nothing/],
    ['default.mjs', 'export default () => ({ order() {} });', 'it exports default'],
    ['number.mjs', 'export const createRotation = 5;', /createRotation of .* must be a function, got number/],
    ['orderless.mjs', 'export const createRotation = () => ({ sort() {} });', 'must return an object with a method order(eligible, requestor, maxAnswers, order)'],
    ['promise.mjs', 'export const createRotation = async () => ({ order() {} });', 'must return an object with a method order'],
    ['null.mjs', 'export const createRotation = () => null;', 'must return an object with a method order'],
    ['refuses.mjs', 'export const createRotation = () => { throw new Error("not today"); };', /createRotation of .* failed: not today/],
  ])('says what is wrong with %s', async (file, source, message) => {
    const attempt = load(file, source);
    await expect(attempt).rejects.toThrow(ServiceError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('counts the violations of a policy over all its RRsets, and answers in listed order', async () => {
    const told: [string, number][] = [];
    const make = await load('broken.mjs', 'export const createRotation = () => ({ order() { return 7; } });', {
      onViolation: (problem, total) => told.push([problem, total]),
    });
    expect(ask(make(), members)).toEqual([0, 1, 2]);
    expect(ask(make(), members, '192.0.2.1', 2)).toEqual([0, 1]);
    expect(told).toEqual([
      ['order() must return a whole number from 1 to 3, got 7', 1],
      ['order() must return a whole number from 1 to 2, got 7', 2],
    ]);
  });

  it('survives violations that nobody listens to', async () => {
    const make = await load('deaf.mjs', 'export const createRotation = () => ({ order() { throw new Error("x"); } });');
    expect(ask(make(), members)).toEqual([0, 1, 2]);
  });
});

describe('loadRotationMaker', () => {
  const counting = (name: string): string => `
    globalThis.${name} = { imports: (globalThis.${name}?.imports ?? 0) + 1, made: [] };
    export function createRotation(options) {
      globalThis.${name}.made.push(options);
      options.demand.share({ address: '192.0.2.1' });
      options.loads.utilisation(0);
      options.clock.monotonicMs();
      options.random.next();
      return { order: (eligible, requestor, maxAnswers, order) => ((order[0] = options.place), 1) };
    }`;

  interface Trace {
    readonly imports: number;
    readonly made: readonly object[];
  }

  /** What the module above left behind. */
  function traceOf(name: string): Trace {
    const globals = globalThis as unknown as Record<string, Trace>; // a user's module may do that
    return globals[name] ?? { imports: 0, made: [] };
  }

  it('imports a module once, tries it with means of which nothing is known, and makes it with what it is given', async () => {
    await writeFile(join(directory, 'counting.mjs'), counting('countingTrace'));
    const make = await loadRotationMaker('./counting.mjs', directory);
    expect(traceOf('countingTrace').made).toHaveLength(1);
    const given = { ...options, place: 2 };
    expect([ask(make(given), members), ask(make({ ...given, place: 1 } as LoadOptions), members)]).toEqual([[2], [1]]);
    expect(traceOf('countingTrace').imports).toBe(1);
    expect(traceOf('countingTrace').made[1]).toBe(given);
  });

  it.each(policyNames)('makes %s with the options given', async (name) => {
    const make = await loadRotationMaker(name, directory);
    const made = make({ ...options, random: createRandom(3) });
    const reference = createRotation(name, { ...options, random: createRandom(3) });
    for (let call = 0; call < 5; call += 1) expect(ask(made, members)).toEqual(ask(reference, members));
  });

  it('says what a policy lacks only when it is made', async () => {
    const make = await loadRotationMaker('two-tier', directory);
    expect(() => make({ tail: 'cyclic', random: createRandom(1) })).toThrow('policy: two-tier weighs where requests come from');
  });

  it('does not know what is no policy', async () => {
    await expect(loadRotationMaker('tow-tier', directory)).rejects.toThrow('policy: unknown policy "tow-tier"; did you mean "two-tier"?');
  });

  it('tells violations of all that it makes', async () => {
    const told: number[] = [];
    await writeFile(join(directory, 'wrong.mjs'), 'export const createRotation = () => ({ order: () => 9 });');
    const make = await loadRotationMaker('./wrong.mjs', directory, { onViolation: (_problem, total) => told.push(total) });
    ask(make(options), members);
    ask(make(options), members);
    expect(told).toEqual([1, 2]);
  });
});

describe('loadAuthorityFactory', () => {
  it('gives each RRset a demand of its own, which its rotation weighs and its answers teach', async () => {
    const told: string[] = [];
    let made = 0;
    const newDemand = (): Demand => {
      const number = (made += 1);
      return { ...createGivenDemand([]), share: () => (told.push(`share ${number}`), 1), answered: () => void told.push(`answered ${number}`) };
    };
    const source = 'export const createRotation = ({ demand }) => ({ order: (e, r, m, o) => ((o[0] = 0), demand.share(r), 1) });';
    await writeFile(join(directory, 'demanding.mjs'), source);
    const make = await loadAuthorityFactory(directory, { ...options, policy: './demanding.mjs', ttl: 60, newDemand });
    made = 0;
    const [a, aaaa] = [make(), make()];
    const snapshot = createPool(members, { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 }).snapshot();
    const answer = (authority: Authority): number => authority.answer(snapshot, members, { address: '192.0.2.1' }, 1, new Uint16Array(1));
    expect([answer(aaaa), answer(a)]).toEqual([1, 1]);
    expect(told).toEqual(['share 2', 'answered 2', 'share 1', 'answered 1']);
  });

  it('says at once what is wrong with policy or TTL', async () => {
    await expect(loadAuthorityFactory(directory, { ...options, policy: 'nothing', ttl: 30 })).rejects.toThrow('policy: unknown policy "nothing"');
    await expect(loadAuthorityFactory(directory, { ...options, policy: 'fixed', ttl: '5m' })).rejects.toThrow('ttl: expected whole seconds');
    await expect(loadAuthorityFactory(directory, { ...options, policy: 'fixed', ttl: '60/per-domain' })).rejects.toThrow('follows where requests come from');
  });
});

rotationSuite('a guarded policy', () => guardRotation(createRotation('weighted', options), () => {}));

describe('guardRotation', () => {
  function guarded(order: Rotation['order']): { rotation: Rotation; problems: string[] } {
    const problems: string[] = [];
    return { rotation: guardRotation({ order }, (problem) => problems.push(problem)), problems };
  }
  const writing = (...positions: number[]): Rotation['order'] => (_eligible, _requestor, _max, order) => {
    for (const [place, position] of positions.entries()) order[place] = position;
    return positions.length;
  };

  it.each([
    ['a valid order', writing(2, 0, 1), [2, 0, 1], []],
    ['fewer than asked for', writing(2), [2], []],
    ['a repetition', writing(1, 1, 0), [0, 1, 2], ['order() wrote position 1 twice']],
    ['a position out of range', writing(0, 3), [0, 1, 2], ['order() wrote position 3 of 3 members']],
    ['a negative position', writing(-1), [0, 1, 2], ['order() wrote position 65535 of 3 members']],
    ['none at all', writing(), [0, 1, 2], ['order() must return a whole number from 1 to 3, got 0']],
    ['too many', writing(0, 1, 2, 0), [0, 1, 2], ['order() must return a whole number from 1 to 3, got 4']],
    ['half a count', () => 1.5, [0, 1, 2], ['order() must return a whole number from 1 to 3, got 1.5']],
    ['no count', () => undefined as unknown as number, [0, 1, 2], ['order() must return a whole number from 1 to 3, got undefined']], // a user's JavaScript
  ])('%s', (_what, order, expected, expectedProblems) => {
    const { rotation, problems } = guarded(order);
    expect(ask(rotation, members)).toEqual(expected);
    expect(problems).toEqual(expectedProblems);
  });

  it('survives a policy that throws whatever it likes', () => {
    const { rotation, problems } = guarded(() => {
      throw 'a string'; // eslint-style purity is not to be expected of strangers
    });
    expect(ask(rotation, members)).toEqual([0, 1, 2]);
    expect(problems).toEqual(['order() failed: a string']);
  });

  it('does not call the policy when there is nobody to choose or nothing asked for', () => {
    const { rotation, problems } = guarded(() => {
      throw new Error('called');
    });
    expect(ask(rotation, [])).toEqual([]);
    expect(ask(rotation, members, '192.0.2.1', 0)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('passes on what is told of answers, and survives it', () => {
    const told: unknown[] = [];
    const problems: string[] = [];
    const listening: Rotation = {
      order: () => 0,
      answered: ({ address }, { name }, ttlS) => void told.push([address, name, ttlS]),
      evictionsTotal: 4,
    };
    const failing: Rotation = {
      order: () => 0,
      answered() {
        throw new Error('no ears');
      },
    };
    const guard = (rotation: Rotation): Rotation => guardRotation(rotation, (problem) => problems.push(problem));
    const [guardedListening, guardedFailing] = [guard(listening), guard(failing)];
    const [first] = members;
    if (first === undefined) throw new Error('three members');
    guardedListening.answered?.({ address: '192.0.2.1' }, first, 30);
    guardedFailing.answered?.({ address: '192.0.2.1' }, first, 30);
    guard({ order: () => 0 }).answered?.({ address: '192.0.2.1' }, first, 30);
    expect(told).toEqual([['192.0.2.1', 'w1', 30]]);
    expect(problems).toEqual(['answered() failed: no ears']);
    expect(guardedListening.evictionsTotal).toBe(4);
    expect(guardedFailing.evictionsTotal).toBe(0);
  });

  it.each(['many', Number.NaN, -1, {}])('does not believe that %j rows were forgotten', (evictionsTotal) => {
    const strange = { order: () => 0, evictionsTotal } as unknown as Rotation; // a user's JavaScript
    expect(guardRotation(strange, () => {}).evictionsTotal).toBe(0);
  });

  it('lets through exactly the valid orders', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 7 }), { maxLength: 20 }), (answers) => {
        const all = createMembers(5);
        for (const answer of answers) {
          const { rotation, problems } = guarded(writing(...answer));
          const valid = answer.length >= 1 && answer.length <= 5 && new Set(answer).size === answer.length && answer.every((at) => at < 5);
          const order = new Uint16Array(8);
          const count = rotation.order(all, { address: '' }, 5, order);
          expect([...order.subarray(0, count)]).toEqual(valid ? answer : [0, 1, 2, 3, 4]);
          expect(problems).toHaveLength(valid ? 0 : 1);
        }
      }),
    );
  });
});
