/**
 * Keeps child processes alive: starts them, restarts one that dies with growing pauses, stops them in the order asked.
 *
 * A child that cannot start the first time is an error of the whole (a port in use, an address missing); one that dies
 * later is an accident, and comes back after 100 ms, 200 ms, … up to 10 s. After 30 s of service its slate is clean.
 */
import type { ChildProcess } from 'node:child_process';
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import { ServiceError } from '../service.js';
import type { FromChild, StartMessage, ToChild } from './protocol.js';
import { takeChild } from './warm.js';

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** A child serves (again). */
  readonly onReady: (name: string) => void;
  /** A child that serves is about to stop, because it was told to by somebody else. */
  readonly onLeaving: (name: string) => void;
  /** A child that served has ended; `how` is for people: `signal SIGKILL`, `exit code 1`. */
  readonly onExit: (name: string, how: string) => void;
}

export interface Supervisor {
  /**
   * Starts one child; rejects with ServiceError when it cannot serve. The process loads its code at once and begins its
   * work when `when` is settled, so that those who need each other can load side by side.
   */
  start(message: StartMessage, when?: Promise<unknown>): Promise<void>;
  /** Kills one, and does not restart it until it is released. For whoever studies what a death does. */
  hold(name: string): void;
  /** Starts again what is held. */
  release(name: string): void;
  /** From now on no child is restarted. */
  retire(): void;
  /** Stops these gracefully; those still there after `graceMs` are killed. */
  stop(names: readonly string[], graceMs: number): Promise<void>;
  /** Kills all, now. For the way out of a program that is told twice to stop. */
  kill(): void;
  /** Process ids of those that run, by name. */
  pids(): ReadonlyMap<string, number>;
}

interface Child {
  readonly message: StartMessage;
  process: ChildProcess | undefined;
  ready: boolean;
  /** The supervisor wants it to end. */
  stopping: boolean;
  /** Somebody wants it to stay away for now. */
  held: boolean;
  restarts: number;
  restart: Timer | undefined;
  slateCleaned: Timer | undefined;
  settle: ((failure: ServiceError | undefined) => void) | undefined;
  exited: Promise<void>;
}

const restartMsMin = 100;
const restartMsMax = 10_000;
const cleanAfterMs = 30_000;
/** A child that is not ready so long after it was told to begin never will be; on a busy machine it took 8 s. */
const startMsMax = 60_000;
/** Time for a child to close its files after the grace, before it is killed. */
const exitMsMax = 1000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const children = new Map<string, Child>();
  return {
    start(message, when = Promise.resolve()) {
      return new Promise((resolve, reject) => {
        const child = newChild(message, (failure) => (failure === undefined ? resolve() : reject(failure)));
        children.set(message.name, child);
        launch(child, options, when);
      });
    },
    hold(name) {
      const child = children.get(name);
      if (child === undefined) return;
      child.held = true;
      child.restart?.cancel();
      child.process?.kill('SIGKILL');
    },
    release(name) {
      const child = children.get(name);
      if (child === undefined || !child.held) return;
      child.held = false;
      if (child.process === undefined && !child.stopping) launch(child, options, Promise.resolve());
    },
    retire() {
      for (const child of children.values()) retireOne(child);
    },
    async stop(names, graceMs) {
      await Promise.all(names.flatMap((name) => children.get(name) ?? []).map((child) => stopOne(child, graceMs, options.clock)));
    },
    kill() {
      for (const child of children.values()) {
        retireOne(child);
        child.process?.kill('SIGKILL');
      }
    },
    pids: () => new Map([...children].flatMap(([name, { process }]) => (process?.pid === undefined ? [] : [[name, process.pid]]))),
  };
}

function newChild(message: StartMessage, settle: NonNullable<Child['settle']>): Child {
  return {
    message,
    process: undefined,
    ready: false,
    stopping: false,
    held: false,
    restarts: 0,
    restart: undefined,
    slateCleaned: undefined,
    settle,
    exited: Promise.resolve(),
  };
}

function launch(child: Child, options: SupervisorOptions, when: Promise<unknown>): void {
  const { name, role } = child.message;
  const process = takeChild(role);
  let failure = '';
  let late: Timer | undefined;
  child.process = process;
  child.ready = false;
  child.exited = new Promise((resolve) => {
    const once = (how: string): void => {
      if (child.process !== process) return;
      late?.cancel();
      resolve();
      ended(child, how, failure, options);
    };
    process.once('exit', (code, signal) => once(signal === null ? `exit code ${code}` : `signal ${signal}`));
    process.on('error', (error) => {
      options.log.error({ child: name, error: error.message }, 'child process');
      if (process.pid === undefined) once(error.message); // it never came to be, so it will not exit either
    });
  });
  process.on('message', (message: FromChild) => {
    if (message.kind === 'failed') failure = message.message;
    else if (message.kind === 'leaving') options.onLeaving(name);
    else serves(child, options);
  });
  when.then(
    () => {
      late = options.clock.after(startMsMax, () => {
        failure ||= `${name}: not ready after ${startMsMax / 1000} s`;
        if (!child.ready) process.kill('SIGKILL');
      });
      tell(process, child.message);
    },
    () => undefined, // what it was to wait for failed: it will be told to end, not to begin
  );
}

function serves(child: Child, { clock, log, onReady }: SupervisorOptions): void {
  const { name } = child.message;
  child.ready = true;
  child.slateCleaned = clock.after(cleanAfterMs, () => void (child.restarts = 0));
  log.info({ child: name, pid: child.process?.pid }, 'child process serves');
  onReady(name);
  settle(child, undefined);
}

function ended(child: Child, how: string, failure: string, options: SupervisorOptions): void {
  const { name } = child.message;
  const served = child.ready;
  child.process = undefined;
  child.ready = false;
  child.slateCleaned?.cancel();
  if (child.stopping) return;
  if (served) options.onExit(name, how);
  if (child.settle !== undefined) {
    settle(child, new ServiceError(failure || `${name}: the process ended before it could serve (${how})`));
    return;
  }
  if (child.held) return;
  const restartInMs = Math.min(restartMsMin * 2 ** child.restarts, restartMsMax);
  child.restarts += 1;
  options.log.warn({ child: name, how, ...(failure === '' ? {} : { failure }), restartInMs }, 'child process ended; restarting it');
  child.restart = options.clock.after(restartInMs, () => launch(child, options, Promise.resolve()));
}

function retireOne(child: Child): void {
  child.stopping = true;
  child.restart?.cancel();
  child.slateCleaned?.cancel();
}

async function stopOne(child: Child, graceMs: number, clock: Clock): Promise<void> {
  retireOne(child);
  const { process } = child;
  if (process === undefined) return;
  tell(process, { kind: 'stop', graceMs });
  const kill = clock.after(graceMs + exitMsMax, () => process.kill('SIGKILL'));
  await child.exited;
  kill.cancel();
}

function settle(child: Child, failure: ServiceError | undefined): void {
  child.settle?.(failure);
  child.settle = undefined;
}

/** A child may die between our look and our word; then its exit tells all there is to tell. */
function tell(process: ChildProcess, message: ToChild): void {
  if (process.connected) process.send(message, () => undefined);
}
