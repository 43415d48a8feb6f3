/**
 * A policy of the user's own: a module that exports `createRotation(options)`, and a guard around what it makes.
 *
 * The guard checks each answer (count, range, no repetition) without allocating. A policy that throws or breaks its
 * contract costs its own answer only: the members are given in listed order instead, and the violation is reported. What it
 * is told of answers (`answered`) may fail too, without harm.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServiceError } from '../../service.js';
import type { Rotation } from '../rotation.js';

/** @param total violations of this policy so far, over all its RRsets; 1 is the time to log it. */
export type OnViolation = (problem: string, total: number) => void;

/**
 * @param trial what the module's `createRotation` is called with once, to see whether it works.
 * @returns hands its options to `createRotation`. @throws ServiceError
 */
export async function loadCustomRotation<Options extends object>(
  path: string,
  baseDirectory: string,
  trial: Options,
  onViolation: OnViolation = () => {},
): Promise<(options: Options) => Rotation> {
  const file = resolve(baseDirectory, path);
  const where = file === path ? path : `${path} (${file})`;
  const create = creatorIn(await importModule(file, where), where);
  let total = 0;
  const report = (problem: string): void => {
    total += 1;
    onViolation(problem, total);
  };
  const make = (options: Options): Rotation => guardRotation(checkRotation(create(options), where), report);
  try {
    make(trial); // once now, so that a wrong module stops the start and not the first query
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError(`policy: createRotation of ${where} failed: ${messageOf(error)}`, { cause: error });
  }
  return make;
}

async function importModule(file: string, where: string): Promise<object> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new ServiceError(`policy: there is no file ${where}; a policy is a name or the path of a module`);
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    return Object(module) as object; // a module namespace is an object; the import has no other type
  } catch (error) {
    throw new ServiceError(`policy: cannot load ${where}: ${loadAdvice(error)}`, { cause: error });
  }
}

function loadAdvice(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `Node ${process.version} does not import this kind of file; use .js or .mjs (TypeScript needs Node 22.18 or newer)`;
  }
  return messageOf(error);
}

function creatorIn(module: object, where: string): (options: object) => unknown {
  const create: unknown = 'createRotation' in module ? module.createRotation : undefined;
  if (typeof create === 'function') return (options) => create(options);
  const exported = Object.keys(module).join(', ') || 'nothing';
  if (create === undefined) throw new ServiceError(`policy: ${where} must export a function createRotation(options); it exports ${exported}`);
  throw new ServiceError(`policy: createRotation of ${where} must be a function, got ${typeof create}`);
}

function checkRotation(made: unknown, where: string): Rotation {
  if (typeof made === 'object' && made !== null && 'order' in made && typeof made.order === 'function') {
    return made as Rotation; // a user's object; the guard checks what it does
  }
  throw new ServiceError(`policy: createRotation of ${where} must return an object with a method order(eligible, requestor, maxAnswers, order)`);
}

/** The same rotation, that never throws and never returns anything but a valid order. */
export function guardRotation(rotation: Rotation, report: (problem: string) => void): Rotation {
  let seen = new Uint32Array(0); // by position: the call in which it was last seen
  let call = 0;

  function problemOf(count: number, most: number, n: number, order: Uint16Array): string | undefined {
    if (!Number.isInteger(count) || count < 1 || count > most) return `order() must return a whole number from 1 to ${most}, got ${String(count)}`;
    if (seen.length < n) seen = new Uint32Array(2 * n);
    if (call === 2 ** 32 - 1) seen.fill((call = 0)); // marks of four billion calls ago must not count
    call += 1;
    for (let place = 0; place < count; place += 1) {
      const position = order[place] ?? n; // an order shorter than its count is out of range too
      if (position >= n) return `order() wrote position ${position} of ${n} members`;
      if (seen[position] === call) return `order() wrote position ${position} twice`;
      seen[position] = call;
    }
    return undefined;
  }

  return {
    order(eligible, requestor, maxAnswers, order) {
      const most = Math.min(maxAnswers, eligible.length);
      if (most === 0) return 0;
      let problem: string | undefined;
      try {
        const count = rotation.order(eligible, requestor, maxAnswers, order);
        problem = problemOf(count, most, eligible.length, order);
        if (problem === undefined) return count;
      } catch (error) {
        problem = `order() failed: ${messageOf(error)}`;
      }
      report(problem);
      for (let place = 0; place < most; place += 1) order[place] = place;
      return most;
    },
    answered(requestor, first, ttlS) {
      try {
        rotation.answered?.(requestor, first, ttlS);
      } catch (error) {
        report(`answered() failed: ${messageOf(error)}`);
      }
    },
    get evictionsTotal() {
      const total: unknown = rotation.evictionsTotal; // a user's object may have anything there
      return typeof total === 'number' && total >= 0 ? total : 0;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
