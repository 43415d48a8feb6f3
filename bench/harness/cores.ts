/**
 * Who runs on which cores: the server has one for itself, load generator and origin share the others, so that neither takes time from
 * it. `taskset` does the pinning; where it cannot, nothing is pinned and the report says why.
 */
import { textOf } from './kernel-files.js';
import { findProgram } from './programs.js';

export interface Cores {
  /** Undefined: not pinned. */
  readonly server: string | undefined;
  readonly load: string | undefined;
  /** For people, why nothing is pinned; undefined when it is. */
  readonly unpinned: string | undefined;
}

export interface CoreSources {
  readonly taskset: string | undefined;
  /** Which this process may use. */
  readonly allowed: readonly number[];
  /** Those that share their circuits with it, itself included. */
  siblingsOf(core: number): readonly number[];
}

export const systemCores: CoreSources = {
  taskset: findProgram('taskset'),
  allowed: coreList(/^Cpus_allowed_list:\s*(.*)$/m.exec(textOf('/proc/self/status'))?.[1] ?? ''),
  siblingsOf: (core) => coreList(textOf(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`)),
};

export function chooseCores({ taskset, allowed, siblingsOf }: CoreSources): Cores {
  const [server, ...others] = allowed;
  if (server === undefined) return notPinned('this system does not say which cores may be used');
  if (others.length === 0) return notPinned('there is one core for all');
  if (taskset === undefined) return notPinned('taskset is not installed (apt-get install util-linux)');
  const siblings = siblingsOf(server);
  const apart = others.filter((core) => !siblings.includes(core));
  return { server: String(server), load: (apart.length === 0 ? others : apart).join(','), unpinned: undefined };
}

const notPinned = (unpinned: string): Cores => ({ server: undefined, load: undefined, unpinned });

/** The command, kept on these cores. */
export function pinned(cores: string | undefined, command: readonly string[]): readonly string[] {
  return cores === undefined ? command : ['taskset', '-c', cores, ...command];
}

/** `0-2,8` → 0, 1, 2, 8, as the kernel writes lists of cores. */
export function coreList(text: string): number[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last]) => {
    const from = Number(first);
    return Array.from({ length: Number(last ?? first) - from + 1 }, (_, index) => from + index);
  });
}
