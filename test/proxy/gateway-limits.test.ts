/**
 * The life of a request under its limits: time, the queue, clients that leave, a worker that stops.
 */
import { describe, expect, it } from 'vitest';
import { faultCodes, faults, type FaultCode } from '../../src/proxy/fault.js';
import type { RequestOptions } from '../support/memory-engine.js';
import { openGateway, type Harness } from './gateway-harness.js';

const chunked = { method: 'POST', bodyBytes: undefined } as const;

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
    expect(records).toMatchObject([{ status: faults[code].status, fault: code }]); // which the engine has sent
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
    advance(500);
    leaver.leave();
    expect(stats.queued).toBe(1);
    const late = request({ target: '/4' });
    advance(500);
    expect(patient.head?.status).toBe(503);
    expect(stats.queued).toBe(1);
    gateway.cut();
    engine.flush();
    expect(late.head?.status).toBe(503);
    expect(stats.queued).toBe(0);
    expect(records.map(({ target, fault, queueMs }) => [target, fault, queueMs])).toEqual([
      ['/3', 'client-aborted', 500],
      ['/2', 'queue-timeout', 3000],
      ['/4', 'stopping', 500],
      ['/1', 'stopping', 0],
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
