/**
 * The life of a request when things go wrong: each fault at each stage, what is retried, what is never, who is told what.
 */
import { describe, expect, it } from 'vitest';
import { faultCodes, faults, isConnectFault, type FaultCode } from '../../src/proxy/fault.js';
import type { RequestOptions } from '../support/memory-engine.js';
import { openGateway, type Harness } from './gateway-harness.js';

const upstreamCodes = faultCodes.filter((code) => faults[code].source === 'upstream');
const chunked = { method: 'POST', bodyBytes: undefined } as const;
const problemOf = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>; // our own page

describe('refused before any origin hears of it', () => {
  const cases: readonly (readonly [string, RequestOptions, FaultCode])[] = [
    ['no Host in HTTP/1.1', { fields: [] }, 'bad-host'],
    ['two Hosts', { fields: ['Host', 'a', 'host', 'a'] }, 'bad-host'],
    ['a Host that is none', { fields: ['Host', 'a b'] }, 'bad-host'],
    ['CONNECT', { method: 'CONNECT' }, 'method-not-supported'],
    ['TRACE', { method: 'TRACE' }, 'method-not-supported'],
    ['a loop', { fields: ['Host', 'a', 'Via', '1.1 other, 1.1 w1 (cafe)'] }, 'loop-detected'],
    ['a loop through somebody who strips comments', { fields: ['Host', 'a', 'Via', '1.1 w1'] }, 'loop-detected'],
    ['too large a body', { method: 'PUT', bodyBytes: 1001 }, 'body-too-large'],
  ];
  it.each(cases)('%s', (_, options, code) => {
    const { request, engine, records, stats } = openGateway();
    const client = request(options);
    expect(client.head?.status).toBe(faults[code].status);
    expect(client).toMatchObject({ close: faults[code].source === 'downstream', state: 'ended', resumed: 0 });
    expect(engine.attempts).toHaveLength(0);
    expect(records).toMatchObject([{ fault: code, status: faults[code].status, attempts: 0, origin: undefined }]);
    expect(stats.faults.at(faultCodes.indexOf(code))).toBe(1);
  });

  it('but neither HTTP/1.0 without Host, nor the w1 of another tier', () => {
    const { request, engine, attempt } = openGateway({ host: 'keep' });
    request({ version: '1.0', fields: [] });
    expect(attempt().field('host')).toBe('10.0.0.1:9000');
    request({ fields: ['Host', 'a', 'Via', '1.1 w1 (beef)'] });
    expect(attempt().field('via')).toBe('1.1 w1 (beef), 1.1 w1 (cafe)');
    expect(engine.attempts).toHaveLength(2);
  });

  it('nor is it served when there is no origin at all', () => {
    const { request, pool, records } = openGateway();
    for (const { name } of pool.members) pool.setAdmin(name, 'disabled');
    const client = request();
    expect(client.head?.status).toBe(503);
    expect(client.field('retry-after')).toBe('1');
    expect(records).toMatchObject([{ fault: 'no-origin', attempts: 0 }]);
  });
});

describe('the page for a fault', () => {
  it('is of the kind that the client reads, carries the id of the log line, and tells nothing of the inside', () => {
    const { request, attempt, records } = openGateway({ retries: { max: 0 } });
    const client = request({ fields: ['Host', 'a', 'Accept', 'application/json'] });
    attempt().fault('connect-refused', 'connect ECONNREFUSED 10.0.0.1:9000');
    expect(client.field('content-type')).toBe('application/problem+json');
    expect(client.field('cache-control')).toBe('no-store');
    expect(problemOf(client.body)).toMatchObject({ status: 502, fault: 'connect-refused', requestId: records[0]?.id });
    expect(client.body + String(client.head?.fields)).not.toContain('10.0.0.1');
    expect(records[0]).toMatchObject({ detail: 'connect ECONNREFUSED 10.0.0.1:9000', responseBodyBytes: client.body.length });
  });

  it('has no body for HEAD, only its length', () => {
    const { request, attempt } = openGateway({ retries: { max: 0 } });
    const client = request({ method: 'HEAD' });
    attempt().fault('connect-refused');
    expect(client).toMatchObject({ body: '', state: 'ended', close: false });
    expect(client.head?.bodyBytes).toBe(0);
    expect(Number(client.field('content-length'))).toBeGreaterThan(50);
  });

  it('closes the connection when the request body was not read', () => {
    const { request, attempt } = openGateway({ retries: { max: 0 } });
    const client = request(chunked);
    attempt().fault('connect-refused');
    expect(client).toMatchObject({ close: true, resumed: 0 });
  });
});

type Stage = 'before the connection' | 'after the head was sent' | 'after the body began';

function fails(stage: Stage, code: FaultCode, options: RequestOptions): Harness {
  const harness = openGateway();
  const client = harness.request(options);
  if (stage !== 'before the connection') harness.attempt().connect();
  if (stage === 'after the body began') client.data('x');
  harness.attempt().fault(code, 'why');
  return harness;
}

describe('retries', () => {
  it.each(upstreamCodes)('%s: by the table, at each stage', (code) => {
    const { retry } = faults[code];
    const again = (stage: Stage, options: RequestOptions): boolean => fails(stage, code, options).engine.attempts.length === 2;
    expect(again('before the connection', {})).toBe(retry !== 'never');
    expect(again('before the connection', chunked)).toBe(retry !== 'never');
    expect(again('after the head was sent', {})).toBe(retry === 'if-idempotent');
    expect(again('after the head was sent', { method: 'POST' })).toBe(false);
    expect(again('after the head was sent', { method: 'PROPFIND' })).toBe(false);
    expect(again('after the body began', { method: 'PUT', bodyBytes: 5 })).toBe(false);
  });

  it.each(upstreamCodes)('%s: never after the head, and the response is cut', (code) => {
    const { request, attempt, engine, records } = openGateway();
    const client = request();
    attempt().connect();
    attempt().head(200, [], 100);
    attempt().data('part');
    attempt().fault(code, 'why');
    expect(client).toMatchObject({ state: 'cut', body: 'part' });
    expect(engine.attempts).toHaveLength(1);
    expect(records).toMatchObject([{ status: 200, fault: code, detail: 'why', responseBodyBytes: 4 }]);
  });

  it('go to each origin once, then the client is told', () => {
    const { request, attempt, engine, records, stats } = openGateway({ originNames: ['a', 'b', 'c', 'd'] });
    const client = request();
    attempt(0).fault('connect-refused');
    attempt(1).connect();
    attempt(1).fault('reset-before-response');
    attempt(2).fault('tls-failed', 'last');
    expect(engine.attempts.map(({ origin }) => origin.name)).toEqual(['a', 'b', 'c']);
    expect(client.head?.status).toBe(502);
    expect(records).toMatchObject([{ attempts: 3, origin: 'c', fault: 'tls-failed', detail: 'last' }]);
    expect(stats).toMatchObject({ retriesTotal: 2, retriesDeniedTotal: 0 });
    expect([0, 1, 2].map((origin) => stats.attempts.at(origin, 1))).toEqual([1, 1, 1]); // fault
  });

  it('leave no trace in a response that came in the end', () => {
    const { request, attempt, records } = openGateway();
    const client = request(chunked);
    attempt(0).fault('connect-timeout');
    attempt(1).connect();
    client.data('body');
    client.end();
    attempt(1).head(200, [], 0);
    attempt(1).end();
    expect(attempt(1)).toMatchObject({ body: 'body', requestEnded: true });
    expect(records).toMatchObject([{ status: 200, attempts: 2, origin: 'o2', fault: undefined, detail: '' }]);
  });

  it('stay at the only origin when what failed was an idle connection', () => {
    const { request, attempt, engine, records } = openGateway({ originNames: ['only'] });
    request();
    attempt(0).connect(true);
    attempt(0).fault('reset-before-response');
    expect(engine.attempts).toHaveLength(2);
    attempt(1).connect(false);
    attempt(1).fault('reset-before-response');
    expect(engine.attempts).toHaveLength(2);
    expect(records).toMatchObject([{ attempts: 2, fault: 'reset-before-response' }]);
  });

  it('are counted at the only origin, too', () => {
    const { request, attempt, engine, records } = openGateway({ originNames: ['only'] });
    request();
    for (const index of [0, 1, 2]) {
      attempt(index).connect(true);
      attempt(index).fault('reset-before-response');
    }
    expect(engine.attempts).toHaveLength(3);
    expect(records).toMatchObject([{ attempts: 3, fault: 'reset-before-response' }]);
  });

  it('are not disturbed by the time limits of the attempt before', () => {
    const { request, attempt, advance, engine, records } = openGateway();
    request();
    advance(900);
    attempt(0).fault('connect-refused');
    advance(900);
    attempt(1).connect();
    advance(900);
    attempt(1).head(200, [], 0);
    attempt(1).end();
    expect(engine.attempts).toHaveLength(2);
    expect(records).toMatchObject([{ status: 200, fault: undefined, totalMs: 2700 }]);
  });

  it('are few: at most the budget are under way', () => {
    const { request, attempt, stats, records } = openGateway({ retries: { budgetMin: 1, budgetPercent: 0 } });
    const first = request();
    attempt().fault('connect-refused');
    const second = request();
    attempt().fault('connect-refused');
    expect(second.head?.status).toBe(502);
    expect(stats).toMatchObject({ retriesTotal: 1, retriesDeniedTotal: 1 });
    attempt(1).connect();
    attempt(1).head(200, [], 0); // the retry is over when the origin has answered, long before the response is
    request();
    attempt().fault('connect-refused');
    expect(stats).toMatchObject({ retriesTotal: 2, retriesDeniedTotal: 1 });
    first.leave();
    expect(records).toHaveLength(2);
  });

  it('are outside the budget when an idle connection ended, once for each request', () => {
    const { request, attempt, stats, engine } = openGateway({ originNames: ['only'], retries: { budgetMin: 0, budgetPercent: 0 } });
    const clients = [request(), request()];
    for (const index of [0, 1]) {
      attempt(index).connect(true);
      attempt(index).fault('reset-before-response');
    }
    expect(stats).toMatchObject({ retriesTotal: 2, retriesDeniedTotal: 0 });
    for (const index of [2, 3]) {
      attempt(index).connect(true);
      attempt(index).fault('reset-before-response');
    }
    expect(engine.attempts).toHaveLength(4);
    expect(clients.map(({ head }) => head?.status)).toEqual([502, 502]);
    expect(stats).toMatchObject({ retriesTotal: 2, retriesDeniedTotal: 2 });
  });

  it('tell the prober of an origin that was thought to be up, and of no other', () => {
    for (const code of upstreamCodes) {
      const { nudged } = fails('before the connection', code, {});
      expect(nudged).toEqual(isConnectFault(code) ? ['o1'] : []);
    }
    const { request, attempt, pool, nudged } = openGateway({ originNames: ['only'] });
    pool.setHealth('only', { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 0 });
    request(); // failing open
    attempt().fault('connect-refused');
    expect(nudged).toEqual([]);
  });
});

describe('an engine that refuses to write', () => {
  it('the request: 500', () => {
    const { request, engine, records } = openGateway();
    engine.refusesRequests = true;
    expect(request().head?.status).toBe(500);
    expect(records).toMatchObject([{ fault: 'internal-error', attempts: 1 }]);
  });

  it('the response: 502', () => {
    const { request, attempt, records } = openGateway();
    const client = request();
    client.refuses = 'evil\r\nvalue';
    attempt().connect();
    attempt().head(200, ['X', 'evil\r\nvalue'], 0);
    expect(client.head?.status).toBe(502);
    expect(attempt().aborted).toBe(true);
    expect(records).toMatchObject([{ status: 502, fault: 'invalid-response' }]);
  });
});
