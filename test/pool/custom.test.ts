/** Choosing a policy by name or by module: what is said when it is wrong, and the guard around a user's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardRotation } from '../../src/pool/policies/custom.js';
import { createRotation, loadRotationFactory, policyNames, type LoadOptions } from '../../src/pool/policies.js';
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
