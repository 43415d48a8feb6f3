/**
 * The access log: one JSON object a line for each exchange, through the injected `Log`.
 *
 * JSON escapes whatever a client put into its target, so no line can be forged. Strings of clients are cut, so that a line
 * stays a line. Keys and their order are part of what people build on.
 */
import type { Log } from '../log.js';
import type { ClientInfo } from './engines/engine.js';
import type { ExchangeRecord } from './exchange.js';
import { faults, type FaultCode } from './fault.js';
import type { HandshakeFault } from './handshake-fault.js';

export type AccessLogMode = 'all' | 'errors' | 'off';

export interface AccessLog {
  exchange(record: Readonly<ExchangeRecord>): void;
  /** A request too broken to become an exchange. */
  brokenRequest(id: string, code: FaultCode, client: ClientInfo): void;
  /** A connection that ended before its first request. */
  brokenHandshake(fault: HandshakeFault, client: ClientInfo, detail: string): void;
}

export interface AccessLogOptions {
  readonly worker: string;
  /** `errors`: whatever has a fault or a status of 500 and more. */
  readonly mode: AccessLogMode;
  /** Lines are written at level `info`. */
  readonly log: Log;
}

const textMax = 512;
const cut = (text: string): string => (text.length > textMax ? `${text.slice(0, textMax)}…` : text);

/** Microseconds are the last digit that means something. */
const ms = (value: number): number => Math.round(value * 1000) / 1000;

export function createAccessLog({ worker, mode, log }: AccessLogOptions): AccessLog {
  return {
    exchange(record) {
      if (mode === 'off' || (mode === 'errors' && record.fault === undefined && record.status < 500)) return;
      log.info(lineOf(worker, record), 'exchange');
    },
    brokenRequest(id, code, client) {
      if (mode === 'off') return;
      log.info({ worker, id, client: client.address, status: faults[code].status, fault: code }, 'broken request');
    },
    brokenHandshake(fault, client, detail) {
      if (mode === 'off') return;
      log.info({ worker, client: client.address, fault, detail: cut(detail) }, 'broken handshake');
    },
  };
}

function lineOf(worker: string, record: Readonly<ExchangeRecord>): object {
  const { id, startedMs, client, upgrade, status, origin, attempts, cache, fault, detail } = record;
  return {
    worker,
    id,
    started: new Date(startedMs).toISOString(),
    client,
    method: cut(record.method),
    host: cut(record.host),
    target: cut(record.target),
    ...(upgrade === undefined ? {} : { upgrade }),
    status,
    ...(origin === undefined ? {} : { origin }),
    attempts,
    ...(cache === undefined ? {} : { cache }),
    queueMs: ms(record.queueMs),
    connectMs: ms(record.connectMs),
    firstByteMs: ms(record.firstByteMs),
    totalMs: ms(record.totalMs),
    requestBodyBytes: record.requestBodyBytes,
    responseBodyBytes: record.responseBodyBytes,
    ...(fault === undefined ? {} : { fault, detail: cut(detail) }),
  };
}
