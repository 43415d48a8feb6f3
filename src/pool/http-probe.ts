/**
 * A probe by HTTP: one GET on a connection of its own, because a kept-alive one says nothing about the next client's.
 *
 * Reads at most 4 KiB of the body, which is plenty for a status page, and then cuts; a member that sends without end
 * costs no more than that. When the probe settles its socket is gone, whatever the reason.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock.js';
import type { PoolMember } from './pool.js';
import type { Probe, ProbeOutcome } from './prober.js';

export interface HttpProbeOptions {
  readonly urlOf: (member: PoolMember) => URL;
  /** Judges a response; `body` is its first 4 KiB as UTF-8. */
  readonly accept: (status: number, body: string) => ProbeOutcome;
  /** How to connect: TLS, and where names lead. */
  readonly connectionOf?: (member: PoolMember) => ProbeConnection;
  readonly clock?: Clock;
}

export type ProbeConnection = Pick<http.RequestOptions, 'lookup'> & Pick<ConnectionOptions, 'secureContext' | 'servername' | 'rejectUnauthorized'>;

const bodyBytesMax = 4096;

type Failure = Extract<ProbeOutcome, { ok: false }>;
type Answer = Failure | { readonly ok: true; readonly status: number; readonly body: string };

export function createHttpProbe({ urlOf, accept, connectionOf, clock = systemClock }: HttpProbeOptions): Probe {
  return async (member, timeoutMs, signal) => {
    const answer = await get(urlOf(member), connectionOf?.(member) ?? {}, timeoutMs, clock, signal);
    return answer.ok ? accept(answer.status, answer.body) : answer;
  };
}

function get(url: URL, connection: ProbeConnection, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<Answer> {
  const { request: send } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const request = send(url, { agent: false, signal, headers: { 'user-agent': 'roundhouse-probe', accept: '*/*' }, ...connection });
    const settle = (answer: Answer): void => {
      deadline.cancel();
      resolve(answer); // the first one counts
      request.destroy();
    };
    const deadline = clock.after(timeoutMs, () => {
      settle({ ok: false, reason: 'probe-timeout', detail: `no answer within ${timeoutMs} ms` });
    });
    request.on('error', (error) => settle(failureOf(error)));
    // Some ends have no event of their own, such as a switch of protocols (101).
    const onClose = (): void => settle({ ok: false, reason: 'probe-error', detail: 'connection closed without a response' });
    request.on('close', onClose);
    request.on('response', (response) => {
      request.off('close', onClose); // from here on the response tells, and later than the request closes
      readBody(response, settle);
    });
    request.end();
  });
}

function readBody(response: http.IncomingMessage, settle: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    const body = Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8');
    settle({ ok: true, status: response.statusCode ?? 0, body });
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bodyBytesMax) finish();
  });
  response.on('end', finish);
  response.on('error', (error) => settle(failureOf(error)));
}

function failureOf(error: NodeJS.ErrnoException): Failure {
  const detail = error.code ?? error.message;
  const refused = detail === 'ECONNREFUSED' || detail === 'ECONNRESET';
  return { ok: false, reason: refused ? 'probe-refused' : 'probe-error', detail };
}
