/**
 * An HTTP load generator for where wrk is not installed: connections that are kept alive, one request under way on each, followed by
 * the next as soon as its response is there (closed loop). Raw sockets, one write and one small reader a request, so that it costs
 * less than what it drives.
 */
import { connect, type Socket } from 'node:net';
import { sleep, type Clock } from '../../src/clock.js';
import { formatAddress } from '../../src/service.js';
import { createResponseReader, type ResponseReader } from '../users/response-reader.js';
import type { Aim, Load } from './driver.js';
import { createTally, type Tally } from './failures.js';

/** A response that is not complete by then has failed. */
const timeoutMs = 2000;
const sweepMs = 50;

interface Run {
  readonly aim: Aim;
  readonly request: string;
  readonly endMs: number;
  readonly clock: Clock;
  readonly failures: Tally;
  /** Those that are open. */
  readonly lanes: Set<Lane>;
  answers: number;
}

interface Lane {
  readonly socket: Socket;
  readonly response: ResponseReader;
  /** Undefined: nothing is under way. */
  sentMs: number | undefined;
  served: boolean;
}

export async function loadHttp(aim: Aim, clock: Clock): Promise<Load> {
  const beganMs = clock.monotonicMs();
  const request = `GET / HTTP/1.1\r\nHost: ${formatAddress(aim.server)}\r\n\r\n`;
  const run: Run = { aim, request, endMs: beganMs + 1000 * aim.seconds, clock, failures: createTally(), lanes: new Set(), answers: 0 };
  for (let opened = 0; opened < aim.atOnce; opened += 1) open(run);
  while (clock.monotonicMs() < run.endMs && run.lanes.size > 0) {
    await sleep(clock, Math.min(sweepMs, run.endMs - clock.monotonicMs()));
    giveUpLate(run);
  }
  const seconds = (clock.monotonicMs() - beganMs) / 1000;
  const load = { seconds, answers: run.answers, failures: run.failures.counts() };
  for (const { socket } of run.lanes) socket.destroy();
  return load;
}

function open(run: Run): void {
  const { address, port } = run.aim.server;
  const socket = connect({ host: address, port, noDelay: true });
  const lane: Lane = { socket, response: createResponseReader(), sentMs: undefined, served: false };
  run.lanes.add(lane);
  socket.once('connect', () => ask(run, lane));
  socket.on('data', (chunk: Buffer) => {
    const reading = lane.response.push(chunk);
    if (reading === 'done') took(run, lane);
    else if (reading === 'broken') giveUp(run, lane, 'unreadable');
  });
  socket.once('end', () => lane.sentMs !== undefined && lane.response.ended() === 'done' && took(run, lane));
  socket.on('error', ({ code = 'broken' }: NodeJS.ErrnoException) => fail(run, lane, code));
  socket.once('close', () => closed(run, lane));
}

function ask(run: Run, lane: Lane): void {
  lane.sentMs = run.clock.monotonicMs();
  lane.response.begin();
  lane.socket.write(run.request);
}

function took(run: Run, lane: Lane): void {
  const status = lane.response.status();
  lane.sentMs = undefined;
  lane.served = true;
  run.answers += 1;
  if (status < 200 || status >= 400) run.failures.add(`status ${status}`);
  if (lane.response.persistent()) ask(run, lane);
  else lane.socket.destroy();
}

/** What was under way on it is failed once, whatever else happens to it. */
function fail(run: Run, lane: Lane, what: string): void {
  run.failures.add(what);
  lane.sentMs = undefined;
}

function giveUp(run: Run, lane: Lane, what: string): void {
  fail(run, lane, what);
  lane.socket.destroy();
}

/** A connection that never served is not tried again: its server would be asked for nothing but refusals. */
function closed(run: Run, lane: Lane): void {
  run.lanes.delete(lane);
  if (run.clock.monotonicMs() >= run.endMs) return;
  if (lane.sentMs !== undefined) fail(run, lane, 'closed too early');
  if (lane.served) open(run);
}

function giveUpLate(run: Run): void {
  const nowMs = run.clock.monotonicMs();
  for (const lane of run.lanes) {
    if (lane.sentMs === undefined || nowMs - lane.sentMs < timeoutMs) continue;
    giveUp(run, lane, 'timed out');
  }
}
