/**
 * The life of a request when things go as they should: what reaches the origin, what reaches the client, in which order,
 * how fast, and what is counted.
 */
import { describe, expect, it } from 'vitest';
import { openGateway } from './gateway-harness.js';

const withBody = { method: 'POST', bodyBytes: undefined } as const;

describe('a request without a body', () => {
  it('goes to the first origin at once and comes back whole', () => {
    const { request, attempt, records, stats, advance } = openGateway();
    const client = request({ target: '/a?b=c', fields: ['Host', 'www.example.org', 'X-Own', '1'] });
    expect(attempt().origin.name).toBe('o1');
    expect(attempt().request).toMatchObject({ method: 'GET', target: '/a?b=c', bodyBytes: 0 });
    expect(attempt().field('x-own')).toBe('1');
    expect(attempt().field('host')).toBe('10.0.0.1:9000');
    expect(attempt().requestEnded).toBe(true);
    advance(5);
    attempt().connect();
    advance(10);
    attempt().head(200, ['Content-Type', 'text/plain', 'Content-Length', '6'], 6);
    expect(client.head).toMatchObject({ status: 200, reason: 'Reason', bodyBytes: 6 });
    expect(client.close).toBe(false);
    attempt().data('abc');
    attempt().data('def');
    advance(20);
    expect(records).toEqual([]);
    attempt().end();
    expect(client).toMatchObject({ state: 'ended', body: 'abcdef', resumed: 0 });
    expect(records).toMatchObject([
      {
        method: 'GET',
        target: '/a?b=c',
        host: 'www.example.org',
        client: '192.0.2.7',
        status: 200,
        origin: 'o1',
        attempts: 1,
        fault: undefined,
        startedMs: 1000,
        queueMs: 0,
        connectMs: 5,
        firstByteMs: 15,
        totalMs: 35,
        requestBodyBytes: 0,
        responseBodyBytes: 6,
      },
    ]);
    expect(records[0]?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(stats.requests.at(0, 1)).toBe(1); // GET, 2xx
    expect(stats.durationS[1]?.sum).toBeCloseTo(0.035);
    expect(stats.attempts.at(0, 0)).toBe(1); // o1, answered
    expect(stats.responseBodyBytesTotal).toBe(6);
  });

  it('is counted as in flight until its last byte is gone', () => {
    const { request, attempt, stats, engine, records } = openGateway();
    const client = request();
    client.takesTheEnd = false;
    attempt().connect();
    attempt().head(200, [], 0);
    attempt().end();
    expect(stats.inFlight).toBe(1);
    client.takesTheEnd = true;
    expect(records).toHaveLength(0);
    client.leave();
    engine.flush();
    expect(stats.inFlight).toBe(0);
    expect(records).toMatchObject([{ status: 200, fault: 'client-aborted' }]);
  });
});

describe('a request body', () => {
  it('flows only when the origin has accepted the connection', () => {
    const { request, attempt, records, stats } = openGateway();
    const client = request(withBody);
    expect(client.flowing).toBe(false);
    attempt().connect();
    expect(client.flowing).toBe(true);
    client.data('one ');
    client.data('two');
    expect(attempt()).toMatchObject({ body: 'one two', requestEnded: false });
    client.end();
    expect(attempt().requestEnded).toBe(true);
    attempt().head(201, [], 0);
    attempt().end();
    expect(client).toMatchObject({ state: 'ended', close: false });
    expect(records).toMatchObject([{ status: 201, requestBodyBytes: 7 }]);
    expect(stats.requestBodyBytesTotal).toBe(7);
  });

  it('waits while the origin takes no more, and goes on when it does', () => {
    const { request, attempt } = openGateway();
    const client = request(withBody);
    attempt().connect();
    attempt().window = 1;
    client.data('a');
    expect(client.flowing).toBe(false);
    attempt().window = Infinity;
    attempt().drain();
    expect(client.flowing).toBe(true);
    client.data('b');
    client.end();
    expect(attempt()).toMatchObject({ body: 'ab', requestEnded: true });
  });

  it('keeps flowing beside the response, for origins that answer while they read', () => {
    const { request, attempt } = openGateway();
    const client = request(withBody);
    attempt().connect();
    client.data('1');
    attempt().head(200);
    attempt().data('1');
    client.data('2');
    attempt().data('2');
    client.end();
    attempt().end();
    expect(attempt().body).toBe('12');
    expect(client).toMatchObject({ body: '12', state: 'ended', close: true });
  });

  it('is not read further when the response ended before it', () => {
    const { request, attempt, records } = openGateway();
    const client = request(withBody);
    attempt().connect();
    client.data('much');
    client.takesTheEnd = false;
    attempt().head(403, [], 2);
    attempt().data('no');
    attempt().end();
    expect(client).toMatchObject({ flowing: false, close: true, body: 'no' });
    expect(client.head?.status).toBe(403);
    expect(attempt().aborted).toBe(true);
    client.leave();
    expect(records).toMatchObject([{ status: 403, fault: 'client-aborted' }]);
  });

  it('may be of any declared size up to the limit', () => {
    const { request, engine } = openGateway({ limits: { bodyBytes: 10 } });
    request({ method: 'PUT', bodyBytes: 10 });
    expect(engine.attempts[0]?.request.bodyBytes).toBe(10);
    expect(request({ method: 'PUT', bodyBytes: 11 }).head?.status).toBe(413);
    expect(engine.attempts).toHaveLength(1);
  });

  it('is cut off when it grows beyond the limit: 413 before the answer, an abort after it', () => {
    const { request, attempt, records } = openGateway({ limits: { bodyBytes: 10 } });
    const before = request(withBody);
    attempt().connect();
    before.data('1234567890');
    before.data('!');
    expect(before.head?.status).toBe(413);
    expect(before).toMatchObject({ close: true, flowing: false });
    expect(attempt()).toMatchObject({ aborted: true, body: '1234567890' });
    const after = request(withBody);
    attempt().connect();
    attempt().head(200);
    after.data('12345678901');
    expect(after.state).toBe('cut');
    expect(records).toMatchObject([
      { status: 413, fault: 'body-too-large' },
      { status: 200, fault: 'body-too-large' },
    ]);
  });
});

describe('a response', () => {
  it('waits while the client takes no more, and goes on when it does', () => {
    const { request, attempt } = openGateway();
    const client = request();
    attempt().connect();
    attempt().head(200);
    client.window = 1;
    attempt().data('a');
    expect(attempt().flowing).toBe(false);
    client.window = Infinity;
    client.drain();
    expect(attempt().flowing).toBe(true);
    attempt().data('b');
    attempt().end();
    expect(client).toMatchObject({ body: 'ab', state: 'ended' });
  });

  it('may be preceded by interim ones', () => {
    const { request, attempt } = openGateway();
    const client = request();
    attempt().connect();
    attempt().inform(103, ['Link', '</a.css>', 'Connection', 'x-hop', 'X-Hop', '1']);
    expect(client.informed).toEqual([{ status: 103, fields: ['Link', '</a.css>', 'Via', '1.1 w1 (cafe)'] }]);
    attempt().head(200, [], 0);
    attempt().end();
    expect(client.state).toBe('ended');
  });

  it('is not preceded by interim ones without end', () => {
    const { request, attempt } = openGateway();
    const client = request();
    attempt().connect();
    for (let i = 0; i < 1000; i += 1) attempt().inform(102);
    expect(client.informed).toHaveLength(32);
    attempt().head(200, [], 0);
    attempt().end();
    expect(client.state).toBe('ended');
  });

  it('closes its connection while the worker drains', () => {
    const { request, attempt, gateway } = openGateway();
    const client = request();
    gateway.drain();
    attempt().connect();
    attempt().head(200, [], 0);
    attempt().end();
    expect(client.close).toBe(true);
  });

  it('has the redirects of its origin turned to the name that the client used, unless Host is kept', () => {
    const redirect = ['Location', 'http://10.0.0.1:9000/x'];
    const rewriting = openGateway();
    const client = rewriting.request();
    rewriting.attempt().head(301, redirect, 0);
    expect(client.field('location')).toBe('http://www.example.org/x');
    const keeping = openGateway({ host: 'keep' });
    const other = keeping.request();
    expect(keeping.attempt().field('host')).toBe('www.example.org');
    keeping.attempt().head(301, redirect, 0);
    expect(other.field('location')).toBe('http://10.0.0.1:9000/x');
  });
});

describe('OPTIONS with Max-Forwards', () => {
  const options = (hops: string) => ({ method: 'OPTIONS', fields: ['Host', 'h', 'Max-Forwards', hops] });

  it('is answered here at 0', () => {
    const { request, engine, records } = openGateway();
    const client = request(options('0'));
    expect(client.head).toMatchObject({ status: 204, bodyBytes: 0 });
    expect(client.field('allow')).toContain('GET');
    expect(client.state).toBe('ended');
    expect(engine.attempts).toHaveLength(0);
    expect(records).toMatchObject([{ status: 204, attempts: 0, fault: undefined }]);
  });

  it('goes on with one less otherwise, and as it is when it is no number', () => {
    const { request, attempt } = openGateway();
    request(options('3'));
    expect(attempt().field('max-forwards')).toBe('2');
    request(options('many'));
    expect(attempt().field('max-forwards')).toBe('many');
    request({ fields: ['Host', 'h', 'Max-Forwards', '0'] });
    expect(attempt().field('max-forwards')).toBe('0');
  });
});

describe('an upgrade', () => {
  const fields = ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Key', 'k'];
  const upgrade = { upgrade: 'websocket', fields } as const;

  it('becomes a tunnel that no time limit touches', () => {
    const { request, attempt, stats, advance, records } = openGateway();
    request(upgrade);
    expect(attempt().tunnel).toBe(true);
    expect(attempt().field('connection')).toBeUndefined(); // the engine's own
    expect(attempt().field('sec-websocket-key')).toBe('k');
    attempt().connect();
    attempt().head(101);
    expect(stats).toMatchObject({ tunnels: 1, inFlight: 1 });
    advance(86_400_000);
    attempt().closed(10, 20);
    expect(stats).toMatchObject({ tunnels: 0, inFlight: 0, requestBodyBytesTotal: 10, responseBodyBytesTotal: 20 });
    expect(records).toMatchObject([{ status: 101, upgrade: 'websocket', fault: undefined, requestBodyBytes: 10, responseBodyBytes: 20 }]);
    expect(stats.requests.at(0, 0)).toBe(1); // GET, 1xx
  });

  it('is tried at the next origin, or answered with a page, when there is no connection', () => {
    const { request, attempt, records, nudged } = openGateway({ originNames: ['o1', 'o2'] });
    const client = request(upgrade);
    attempt().fault('connect-refused');
    expect(attempt(1).origin.name).toBe('o2');
    attempt().fault('connect-refused', 'ECONNREFUSED');
    expect(client.head?.status).toBe(502);
    expect(nudged).toEqual(['o1', 'o2']);
    expect(records).toMatchObject([{ status: 502, attempts: 2, fault: 'connect-refused', detail: 'ECONNREFUSED' }]);
  });

  it('is limited in time until the origin has answered', () => {
    const { request, attempt, records, advance } = openGateway({ originNames: ['o1'], retries: { max: 0 } });
    request(upgrade);
    advance(1000);
    request(upgrade);
    attempt().connect();
    advance(20_000);
    expect(attempt().aborted).toBe(true);
    expect(records).toMatchObject([{ fault: 'connect-timeout' }, { fault: 'response-timeout' }]);
  });

  it('ends with its client before the answer, and by itself after it', () => {
    const { request, attempt, records, stats } = openGateway();
    request(upgrade).leave();
    expect(attempt().aborted).toBe(true);
    const client = request(upgrade);
    attempt().connect();
    attempt().head(101);
    client.leave();
    expect(stats.tunnels).toBe(1);
    attempt().closed(1, 2);
    expect(records).toMatchObject([{ status: 499, fault: 'client-aborted' }, { status: 101, fault: undefined }]);
  });

  it('is cut at the end of the grace', () => {
    const { request, attempt, records, gateway } = openGateway();
    const client = request(upgrade);
    attempt().connect();
    attempt().head(101);
    gateway.cut();
    expect(attempt().aborted).toBe(true);
    expect(client.state).toBe('cut');
    expect(records).toMatchObject([{ status: 101, fault: 'stopping' }]);
  });

  it('that breaks later is recorded as broken', () => {
    const { request, attempt, records } = openGateway();
    request(upgrade);
    attempt().connect();
    attempt().head(101);
    attempt().fault('reset-mid-response', 'ECONNRESET');
    expect(records).toMatchObject([{ status: 101, attempts: 1, fault: 'reset-mid-response' }]);
  });
});
