/**
 * Processor time of a process, all its threads and all its descendants, as Linux counts it, and how long they waited for a core that
 * somebody else used.
 *
 * `/proc/PID/task/TID/schedstat` counts nanoseconds, `/proc/PID/stat` ticks of 10 ms; the first where the kernel has it. Threads that
 * end take their nanoseconds along, so a difference is taken over a time in which a server keeps its threads.
 */
import { numberedIn, textOf } from './kernel-files.js';

export interface Spent {
  /** In user mode and in the kernel. */
  readonly cpuS: number;
  /** By thread, over all processes; empty where the kernel counts ticks alone. */
  readonly threads: ReadonlyMap<string, ThreadTimes>;
}

export interface ThreadTimes {
  readonly ranS: number;
  /** It could have run, and its core was taken. */
  readonly waitedS: number;
}

/** What the process and its descendants spent up to now; undefined where there is no /proc, or no such process any more. */
export function spentBy(pid: number, proc = '/proc'): Spent | undefined {
  const family = familyOf(pid, statsIn(proc));
  if (family.length === 0) return undefined;
  const each = family.map((stat) => ({ stat, threads: threadsOf(stat.pid, proc) }));
  return {
    cpuS: each.reduce((sum, { stat, threads }) => sum + (ranBy(threads) || stat.cpuS), 0),
    threads: new Map(each.flatMap(({ threads }) => [...threads])),
  };
}

/** Waiting is that of the thread which ran most, without the time in which it may have waited for threads of its own process. */
export function spentBetween(before: Spent, after: Spent): ThreadTimes {
  const ranS = after.cpuS - before.cpuS;
  const each = [...after.threads].map(([thread, times]): ThreadTimes => {
    const earlier = before.threads.get(thread) ?? { ranS: 0, waitedS: 0 };
    return { ranS: times.ranS - earlier.ranS, waitedS: times.waitedS - earlier.waitedS };
  });
  const [busiest] = each.sort((a, b) => b.ranS - a.ranS);
  return { ranS, waitedS: busiest === undefined ? NaN : Math.max(0, busiest.waitedS - (ranS - busiest.ranS)) };
}

export interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Ended threads included. */
  readonly cpuS: number;
}

/** The process and its descendants. */
export function familyOf(pid: number, stats: readonly Stat[]): Stat[] {
  const own = stats.filter((stat) => stat.pid === pid);
  const children = stats.filter(({ parent }) => parent === pid);
  return [...own, ...children.flatMap((child) => familyOf(child.pid, stats))];
}

function statsIn(proc: string): Stat[] {
  return numberedIn(proc).flatMap((pid) => parseStat(textOf(`${proc}/${pid}/stat`)) ?? []);
}

/** Linux tells programs ticks of this length whatever the kernel uses itself. */
const tickS = 0.01;

/** proc_pid_stat(5): the name stands in brackets and may hold anything, brackets too. */
export function parseStat(text: string): Stat | undefined {
  const behindName = text.lastIndexOf(')');
  if (behindName < 0) return undefined;
  const [, parent, ...rest] = text.slice(behindName + 2).split(' ');
  const [userTicks, systemTicks] = [Number(rest[9]), Number(rest[10])];
  return { pid: Number.parseInt(text, 10), parent: Number(parent), cpuS: (userTicks + systemTicks) * tickS };
}

/** Its lines in schedstat: nanoseconds run, nanoseconds waited, how often. */
function threadsOf(pid: number, proc: string): [thread: string, times: ThreadTimes][] {
  return numberedIn(`${proc}/${pid}/task`).flatMap((thread) => {
    const [ran = 0, waited = 0] = textOf(`${proc}/${pid}/task/${thread}/schedstat`).split(' ').map(Number);
    return ran > 0 ? [[thread, { ranS: ran / 1e9, waitedS: waited / 1e9 }]] : [];
  });
}

const ranBy = (threads: readonly [string, ThreadTimes][]): number => threads.reduce((sum, [, { ranS }]) => sum + ranS, 0);
