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

describe('time limits', () => {
  it('to connect: the next origin, then 504', () => {
    const { request, attempt, advance, engine, records } = openGateway({ originNames: ['a', 'b'] });
    const client = request(chunked);
    advance(999);
    expect(engine.attempts).toHaveLength(1);
    advance(1);
    expect(attempt(0).aborted).toBe(true);
    advance(1000);
    expect(engine.attempts).toHaveLength(2);
    expect(client.head?.status).toBe(504);
    expect(records).toMatchObject([{ fault: 'connect-timeout', attempts: 2, totalMs: 2000 }]);
  });

  it('from the last byte of the request to the head: 504, at another origin first only if idempotent', () => {
    const { request, attempt, advance, engine, records } = openGateway();
    const client = request(chunked);
    attempt().connect();
    advance(9000);
    client.data('x');
    advance(9000);
    client.end();
    advance(19_999);
    expect(client.head).toBeUndefined();
    advance(1);
    expect(client.head?.status).toBe(504);
    expect(engine.attempts).toHaveLength(1);
    request();
    attempt().connect();
    attempt().inform(103); // interim responses do not buy time
    advance(20_000);
    expect(engine.attempts).toHaveLength(3);
    expect(records).toMatchObject([{ fault: 'response-timeout', totalMs: 38_000 }]);
  });

  it.each<readonly [string, FaultCode, (harness: Harness) => void]>([
    ['a client that stops sending: 408', 'request-timeout', () => undefined],
    [
      'an origin that stops reading: 504',
      'response-timeout',
      ({ attempt }) => {
        attempt().window = 1;
      },
    ],
  ])('between two pieces of the request: %s', (_, code, prepare) => {
    const harness = openGateway();
    const client = harness.request(chunked);
    harness.attempt().connect();
    prepare(harness);
    client.data('x');
    harness.advance(9999);
    expect(harness.records).toHaveLength(0);
    harness.advance(1);
    expect(client.head?.status).toBe(faults[code].status);
    expect(client.close).toBe(true);
    expect(harness.attempt().aborted).toBe(true);
    expect(harness.engine.attempts).toHaveLength(1);
    expect(harness.records).toMatchObject([{ fault: code }]);
  });

  it('between two pieces of the response: an origin that falls silent, a client that stops reading', () => {
    const { request, attempt, advance, records } = openGateway();
    const silent = request();
    attempt().connect();
    attempt().head(200);
    advance(9000);
    attempt().data('x');
    advance(10_000);
    expect(silent.state).toBe('cut');
    const headOnly = request();
    attempt().connect();
    attempt().head(200);
    advance(10_000);
    expect(headOnly.state).toBe('cut');
    const deaf = request();
    deaf.window = 1;
    attempt().connect();
    attempt().head(200);
    attempt().data('x');
    advance(10_000);
    expect(deaf.state).toBe('cut');
    expect(attempt().aborted).toBe(true);
    expect(records.map(({ fault }) => fault)).toEqual(['idle-mid-response', 'idle-mid-response', 'client-stalled']);
  });

  it('beside an early response: whoever owes the next piece is blamed', () => {
    const { request, attempt, advance, records } = openGateway();
    request(chunked);
    attempt().connect();
    attempt().head(200);
    advance(10_000);
    const client = request(chunked);
    attempt().connect();
    attempt().head(200);
    attempt().window = 1;
    client.data('x');
    advance(10_000);
    expect(records).toMatchObject([{ fault: 'request-timeout' }, { fault: 'idle-mid-response' }]);
  });

  it('for the last bytes, of a response or of a page: progress buys time, silence does not', () => {
    const { request, attempt, advance, records } = openGateway({ retries: { max: 0 } });
    const client = request();
    client.takesTheEnd = false;
    attempt().connect();
    attempt().head(200, [], 0);
    attempt().end();
    advance(9000);
    client.drain();
    advance(9999);
    expect(client.state).toBe('open');
    advance(1);
    expect(client.state).toBe('cut');
    const another = request({ takesTheEnd: false });
    attempt().connect();
    attempt().head(200, [], 0);
    attempt().end();
    advance(10_000);
    expect(another.state).toBe('cut');
    const page = request({ fields: [], takesTheEnd: false });
    expect(page.head?.status).toBe(400);
    advance(10_000);
    expect(page.state).toBe('cut');
    expect(records).toMatchObject([
      { status: 200, fault: 'client-stalled' },
      { status: 200, fault: 'client-stalled' },
      { status: 400, fault: 'bad-host' },
    ]);
  });
});

describe('a client that leaves', () => {
  const stages: readonly (readonly [string, (harness: Harness) => void, RequestOptions])[] = [
    ['while connecting', () => undefined, {}],
    ['while its body flows', ({ attempt }) => attempt().connect(), chunked],
    ['while the origin thinks', ({ attempt }) => attempt().connect(), {}],
  ];
  it.each(stages)('%s: the attempt is aborted at once, 499 in the record', (_, prepare, options) => {
    const harness = openGateway();
    const client = harness.request(options);
    prepare(harness);
    client.leave();
    expect(harness.attempt().aborted).toBe(true);
    expect(harness.engine.attempts).toHaveLength(1);
    expect(client.head).toBeUndefined();
    expect(harness.records).toMatchObject([{ status: 499, fault: 'client-aborted' }]);
    expect(harness.stats.requests.at(options.method === 'POST' ? 2 : 0, 5)).toBe(1); // aborted
    expect(harness.stats.attempts.at(0, 2)).toBe(1); // aborted
  });

  it('in the middle of the response: the status that was sent', () => {
    const { request, attempt, records } = openGateway();
    const client = request();
    attempt().connect();
    attempt().head(200);
    client.leave();
    expect(attempt().aborted).toBe(true);
    expect(records).toMatchObject([{ status: 200, fault: 'client-aborted' }]);
  });

  it.each(['malformed-request', 'request-timeout'] as const)('because its body was broken: %s', (code) => {
    const { request, attempt, records } = openGateway();
    const client = request(chunked);
    attempt().connect();
    client.leave(code);
    expect(attempt().aborted).toBe(true);
    expect(records).toMatchObject([{ status: 499, fault: code }]);
  });
});

describe('the queue', () => {
  const oneAtATime = { limits: { maxconn: 1, maxqueue: 2 } };

  it('is first come, first served, and full when it is full', () => {
    const { request, attempt, engine, stats, records, advance } = openGateway(oneAtATime);
    request({ target: '/1' });
    request({ target: '/2' });
    request({ target: '/3' });
    expect(stats).toMatchObject({ inFlight: 1, queued: 2 });
    const refused = request({ target: '/4' });
    expect(refused.head?.status).toBe(503);
    expect(refused.field('retry-after')).toBe('1');
    for (const target of ['/1', '/2', '/3']) {
      advance(10);
      expect(attempt().request.target).toBe(target);
      attempt().connect();
      attempt().head(200, [], 0);
      attempt().end();
    }
    expect(engine.attempts).toHaveLength(3);
    expect(records.map(({ target, queueMs, fault }) => [target, queueMs, fault])).toEqual([
      ['/4', 0, 'queue-full'],
      ['/1', 0, undefined],
      ['/2', 10, undefined],
      ['/3', 20, undefined],
    ]);
  });

  it('is left after its time limit with 503, by a client that goes, and at the end', () => {
    const { request, attempt, advance, records, stats, gateway, engine } = openGateway(oneAtATime);
    request({ target: '/1' });
    attempt().connect();
    const patient = request({ target: '/2' });
    advance(2000);
    const leaver = request({ target: '/3' });
    leaver.leave();
    expect(stats.queued).toBe(1);
    const late = request({ target: '/4' });
    advance(1000);
    expect(patient.head?.status).toBe(503);
    expect(stats.queued).toBe(1);
    gateway.cut();
    engine.flush();
    expect(late.head?.status).toBe(503);
    expect(stats.queued).toBe(0);
    expect(records.map(({ target, fault, queueMs }) => [target, fault, queueMs])).toEqual([
      ['/3', 'client-aborted', 0],
      ['/2', 'queue-timeout', 3000],
      ['/1', 'stopping', 0],
      ['/4', 'stopping', 0],
    ]);
  });

  it('moves on when a place comes free by a client that leaves', () => {
    const { request, engine, attempt } = openGateway(oneAtATime);
    const first = request({ target: '/1' });
    request({ target: '/2' });
    first.leave();
    expect(engine.attempts).toHaveLength(2);
    expect(attempt().request.target).toBe('/2');
  });
});

describe('stopping', () => {
  it('answers what has no answer yet, cuts what has, and takes nothing more', () => {
    const { request, attempt, gateway, records, engine } = openGateway();
    const waiting = request();
    const answered = request();
    attempt().connect();
    attempt().head(200);
    gateway.cut();
    engine.flush();
    expect(waiting).toMatchObject({ state: 'ended', close: true });
    expect(waiting.head?.status).toBe(503);
    expect(answered.state).toBe('cut');
    const late = request();
    expect(late.head?.status).toBe(503);
    expect(engine.attempts.every(({ aborted }) => aborted)).toBe(true);
    expect(records.map(({ fault }) => fault)).toEqual(['stopping', 'stopping', 'stopping']);
  });
});

describe('a request that never became an exchange', () => {
  it('is counted, logged, and answered in plain text', () => {
    const { gateway, stats, broken, records } = openGateway();
    const { fields, body } = gateway.broken('fields-too-large', { address: '192.0.2.1', port: 1, secure: false });
    expect(body.toString()).toContain('431 Request Header Fields Too Large');
    expect(fields).toContain('no-store');
    expect(stats.faults.at(faultCodes.indexOf('fields-too-large'))).toBe(1);
    expect(broken).toEqual(['fields-too-large']);
    expect(records).toEqual([]);
  });
});
