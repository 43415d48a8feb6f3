/**
 * Follows the control process: keeps a local pool equal to its worker pool, and where asked for the workers' loads, over one
 * long HTTP response.
 *
 * The DNS process and each worker do this, on the same machine or another. When the control process is gone the last
 * known state stays in force (nobody is withdrawn because the one who watches died) and the follower tries again,
 * waiting twice as long each time up to `retryMsMax`.
 */
import { get } from 'node:http';
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { Pool } from '../pool/pool.js';
import type { ReportedLoads } from '../pool/worker-loads.js';
import { formatAddress, type SocketAddress } from '../service.js';
import { reasonOf } from './deadline.js';
import { adopt, createLoadAdopter, messageBytesMax, parseMessage, type MemberMessage } from './message.js';

export interface FollowerOptions {
  /** Base URL of the control API. */
  readonly control: URL;
  readonly pool: Pool;
  /** Kept up to date, too, when given. */
  readonly loads?: ReportedLoads | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Follower {
  start(): void;
  stop(): void;
  /** Is the stream to the control process open, with at least one state received on it? */
  connected(): boolean;
  /** Resolves when a state has come in which every member was probed at least once, or `timeoutMs` have passed. */
  settled(timeoutMs: number): Promise<void>;
}

const retryMsMin = 100;
const retryMsMax = 2000;
/** The control process sends a line at least every 2 s; three missed ones mean that the connection is dead. */
const silenceMsMax = 6000;

export function createFollower({ control, pool, loads, clock, log }: FollowerOptions): Follower {
  const url = new URL(loads === undefined ? '/api/pool/watch' : '/api/pool/watch?loads', control);
  const adoptLoads = loads === undefined ? undefined : createLoadAdopter(pool.members, loads);
  const waiting = new Set<() => void>();
  let abort: AbortController | undefined;
  let retry: Timer | undefined;
  let retryMs = retryMsMin;
  let connected = false;
  let complained = false;
  let stopped = false;

  function take(line: string): void {
    if (line === '') return; // a heartbeat
    const message = parseMessage(line);
    if (!connected) log.info({ control: control.href }, 'following the control process');
    connected = true;
    complained = false;
    retryMs = retryMsMin;
    adoptLoads?.(message); // first: who hears that the pool has changed may ask for loads
    adopt(pool, message);
    if (message.members.every(isProbed)) waiting.forEach((settle) => settle());
  }

  async function follow(): Promise<void> {
    const attempt = new AbortController();
    abort = attempt;
    const watchdog = createWatchdog(clock, () => attempt.abort(new Error(`silent for ${silenceMsMax} ms`)));
    try {
      await readLines(url, attempt.signal, watchdog.fed, take);
    } catch (error) {
      if (stopped) return;
      if (!complained) log.warn({ control: control.href, error: reasonOf(error) }, connected ? lostText : absentText);
      complained = true;
      connected = false;
      retry = clock.after(retryMs, () => void follow());
      retryMs = Math.min(retryMs * 2, retryMsMax);
    } finally {
      watchdog.cancel();
    }
  }

  return {
    start: () => void follow(),
    stop() {
      stopped = true;
      abort?.abort();
      retry?.cancel();
      waiting.forEach((settle) => settle());
    },
    connected: () => connected,
    settled: (timeoutMs) => settledIn(waiting, clock, timeoutMs),
  };
}

const lostText = 'lost the control process; the last known state stays in force';
const absentText =
  'cannot reach the control process; until it answers members are in their initial state. Is `roundhouse control` running there?';

/** A disabled member is not probed, so nobody waits for its first result. */
const isProbed = ({ reason, admin }: MemberMessage): boolean => reason !== 'initial' || admin === 'disabled';

function settledIn(waiting: Set<() => void>, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      timer.cancel();
      waiting.delete(settle);
      resolve();
    };
    const timer = clock.after(timeoutMs, settle);
    waiting.add(settle);
  });
}

interface Watchdog {
  fed(): void;
  cancel(): void;
}

/** Bites when it was not fed for `silenceMsMax`. */
function createWatchdog(clock: Clock, bite: () => void): Watchdog {
  let timer = clock.after(silenceMsMax, bite);
  return {
    fed() {
      timer.cancel();
      timer = clock.after(silenceMsMax, bite);
    },
    cancel: () => timer.cancel(),
  };
}

/**
 * Calls `take` with each complete line; ends by rejecting, whatever ends it. Over node:http, which is loaded anyway: the
 * first `fetch` of a process costs it 40 ms of CPU, and five processes follow.
 */
function readLines(url: URL, signal: AbortSignal, onData: () => void, take: (line: string) => void): Promise<never> {
  return new Promise((_, reject) => {
    const request = get(url, { signal, agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        onData();
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        try {
          if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
          if (rest.length > messageBytesMax) throw new Error('line too long');
          lines.forEach(take);
        } catch (error) {
          reject(error);
          request.destroy();
        }
      });
      response.on('error', reject);
      response.on('close', () => reject(new Error('the stream ended')));
    });
    request.on('error', reject);
  });
}

/** The base URL under which others reach an API that listens there. */
export const apiUrl = (listen: SocketAddress): URL => new URL(`http://${formatAddress(listen)}`);
