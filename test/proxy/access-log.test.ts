import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog, silentLog } from '../../src/log.js';
import { createAccessLog, type AccessLogMode } from '../../src/proxy/access-log.js';
import type { ExchangeRecord } from '../../src/proxy/exchange.js';

const record: ExchangeRecord = {
  id: '0123456789abcdef',
  startedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  method: 'GET',
  target: '/',
  host: 'www.example.org',
  client: '192.0.2.7',
  upgrade: undefined,
  status: 200,
  origin: 'o1',
  attempts: 1,
  cache: undefined,
  fault: undefined,
  detail: '',
  queueMs: 0,
  connectMs: 1.23456789,
  firstByteMs: 2,
  totalMs: 3,
  requestBodyBytes: 4,
  responseBodyBytes: 5,
};

/** The lines that really stand in the file. */
function linesOf(mode: AccessLogMode, ...records: readonly ExchangeRecord[]): Record<string, unknown>[] {
  const directory = mkdtempSync(join(tmpdir(), 'access-log-'));
  const to = join(directory, 'access.log');
  const log = createAccessLog({ worker: 'w1', mode, log: createLog({ level: 'info', to }) });
  records.forEach(log.exchange);
  const text = readFileSync(to, 'utf8');
  rmSync(directory, { recursive: true });
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>); // our own lines
}

describe('a line', () => {
  it('has everything, rounded to microseconds', () => {
    expect(linesOf('all', record)).toMatchObject([
      { worker: 'w1', id: record.id, started: '2026-01-02T03:04:05.006Z', client: '192.0.2.7', method: 'GET', host: 'www.example.org',
        target: '/', status: 200, origin: 'o1', attempts: 1,
        queueMs: 0, connectMs: 1.235, firstByteMs: 2, totalMs: 3, requestBodyBytes: 4, responseBodyBytes: 5 },
    ]); // prettier-ignore
  });

  it('cannot be forged by a target, and is not longer than it must be', () => {
    const evil = `/"}\n{"status":200,"x":"\u2028\u0000${'a'.repeat(10_000)}`;
    const long = 'x'.repeat(9999);
    const lines = linesOf('all', { ...record, target: evil, method: long, host: long, detail: long, fault: 'internal-error' });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.['target']).toBe(`${evil.slice(0, 512)}…`);
    expect(JSON.stringify(lines[0]).length).toBeLessThan(4000);
  });

  it('names the fault only when there is one', () => {
    const [good, bad] = linesOf('all', record, { ...record, fault: 'connect-refused', detail: 'ECONNREFUSED', upgrade: 'websocket' });
    expect(Object.keys(good!)).not.toContain('fault');
    expect(bad).toMatchObject({ fault: 'connect-refused', detail: 'ECONNREFUSED', upgrade: 'websocket' });
  });
});

describe('the mode', () => {
  const failed: ExchangeRecord = { ...record, id: 'failed', fault: 'client-aborted', status: 499 };
  const error: ExchangeRecord = { ...record, id: 'error', status: 500 };
  const missing: ExchangeRecord = { ...record, id: 'missing', status: 404 };
  it.each<[AccessLogMode, string[]]>([
    ['all', [record.id, 'failed', 'error', 'missing']],
    ['errors', ['failed', 'error']],
    ['off', []],
  ])('%s', (mode, ids) => {
    expect(linesOf(mode, record, failed, error, missing).map(({ id }) => id)).toEqual(ids);
  });

  it('lets broken requests through unless off', () => {
    const seen: object[] = [];
    const log = { ...silentLog, info: (fields: object) => void seen.push(fields) };
    const client = { address: '192.0.2.1', port: 1, secure: false };
    for (const mode of ['all', 'errors', 'off'] as const) {
      createAccessLog({ worker: 'w1', mode, log }).brokenRequest('id', 'fields-too-large', client);
    }
    expect(seen).toEqual(Array(2).fill({ worker: 'w1', id: 'id', client: '192.0.2.1', status: 431, fault: 'fields-too-large' }));
  });

  it('lets broken handshakes through unless off, cut to a length', () => {
    const seen: object[] = [];
    const log = { ...silentLog, info: (fields: object) => void seen.push(fields) };
    const client = { address: '192.0.2.1', port: 1, secure: false };
    for (const mode of ['all', 'errors', 'off'] as const) {
      createAccessLog({ worker: 'w1', mode, log }).brokenHandshake('proxy-header-missing', client, 'x'.repeat(9999));
    }
    const detail = `${'x'.repeat(512)}…`;
    expect(seen).toEqual(Array(2).fill({ worker: 'w1', client: '192.0.2.1', fault: 'proxy-header-missing', detail }));
  });
});
