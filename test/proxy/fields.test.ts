import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fieldValue,
  publicName,
  readRequestFields,
  requestFieldsForOrigin,
  responseFieldsForClient,
  type Fields,
  type RequestFieldsContext,
  type ResponseFieldsContext,
} from '../../src/proxy/fields.js';

const context: RequestFieldsContext = {
  host: 'origin.internal',
  via: '1.1 w1 (cafe)',
  requestId: '0123456789abcdef',
  peer: '192.0.2.7',
  secure: false,
  trusted: false,
  maxForwards: '',
};
const toOrigin = (fields: Fields, over: Partial<RequestFieldsContext> = {}): string[] =>
  requestFieldsForOrigin(readRequestFields(fields), { ...context, ...over });

const answer: ResponseFieldsContext = { method: 'GET', status: 200, bodyBytes: undefined, via: '1.1 w1 (cafe)', location: undefined };
const toClient = (fields: Fields, over: Partial<ResponseFieldsContext> = {}): string[] =>
  responseFieldsForClient(fields, { ...answer, ...over });

const hopByHop: Fields = [
  'Connection', 'close, X-Own', 'Keep-Alive', 'timeout=5', 'Proxy-Connection', 'keep-alive', 'TE', 'trailers', 'Trailer', 'X-T',
  'Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAMAAABk', 'Proxy-Authorization', 'Basic eA==',
  'Proxy-Authenticate', 'Basic', 'x-OWN', 'secret of this connection',
]; // prettier-ignore

describe('what the origin gets', () => {
  it('is the end-to-end fields in their order and letter case, and ours', () => {
    const received = ['X-b', '2', 'hOST', 'www.example.org:8080', 'x-A', '1', 'X-b', '3', 'Content-Length', '5', 'Expect', '100-continue'];
    expect(toOrigin(received)).toEqual([
      'Host', 'origin.internal',
      'X-b', '2',
      'x-A', '1',
      'X-b', '3',
      'Via', '1.1 w1 (cafe)',
      'Forwarded', 'for=192.0.2.7;proto=http;host="www.example.org:8080"',
      'X-Forwarded-For', '192.0.2.7',
      'X-Forwarded-Proto', 'http',
      'X-Forwarded-Host', 'www.example.org:8080',
      'X-Forwarded-Port', '8080',
      'X-Request-Id', '0123456789abcdef',
    ]); // prettier-ignore
  });

  it('has nothing of one connection', () => {
    const fields = toOrigin(hopByHop);
    for (let i = 0; i < hopByHop.length; i += 2) expect(fieldValue(fields, hopByHop[i]!.toLowerCase())).toBeUndefined();
  });

  const meantForAll = ['Cookie', 'Authorization', 'Content-Type', 'Cache-Control', 'If-None-Match', 'Range'];
  it.each(meantForAll)('keeps %s, whatever Connection nominates', (name) => {
    expect(fieldValue(toOrigin([name, 'v', 'Connection', `close, ${name.toLowerCase()}`]), name.toLowerCase())).toBe('v');
  });

  it('cannot lose our own fields by nomination', () => {
    const fields = toOrigin(['Host', 'a', 'Connection', 'host, via, forwarded, x-forwarded-for, x-forwarded-host, x-request-id']);
    for (const name of ['host', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-request-id']) {
      expect(fieldValue(fields, name)).toBeDefined();
    }
  });

  it('has a field nominated by the second of two Connection lines removed, wherever it stands', () => {
    expect(fieldValue(toOrigin(['X-One', '1', 'Connection', 'close', 'connection', 'Keep-Alive,\tx-one , ']), 'x-one')).toBeUndefined();
  });

  it('replaces the claims of a client that nobody vouched for', () => {
    const forged = [
      'Forwarded', 'for=6.6.6.6', 'X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil',
      'X-Forwarded-Port', '1', 'X-Forwarded-Prefix', '/admin', 'X-Real-IP', '6.6.6.6', 'X_Forwarded_For', '6.6.6.6',
      'X-Forwarded_Proto', 'https', 'Proxy', 'evil:1',
    ]; // prettier-ignore
    const fields = toOrigin(['Host', 'a', ...forged]);
    expect(fields.join('\n')).not.toMatch(/6\.6\.6\.6|evil|admin|https/);
    expect(fieldValue(fields, 'x-forwarded-for')).toBe('192.0.2.7');
  });

  it('appends to those of a trusted proxy, but for disguised ones', () => {
    const fields = toOrigin(
      ['Host', 'a', 'Forwarded', 'for=1.2.3.4', 'X-Forwarded-For', '5.6.7.8', 'x-forwarded-for', '1.2.3.4',
        'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'public',
        'X-Forwarded-Port', '443', 'X-Forwarded-Prefix', '/app', 'X_Forwarded_For', '6.6.6.6'], // prettier-ignore
      { trusted: true },
    );
    expect(fieldValue(fields, 'forwarded')).toBe('for=1.2.3.4, for=192.0.2.7;proto=http;host=a');
    expect(fieldValue(fields, 'x-forwarded-for')).toBe('5.6.7.8, 1.2.3.4, 192.0.2.7');
    expect(fieldValue(fields, 'x-forwarded-proto')).toBe('https');
    expect(fieldValue(fields, 'x-forwarded-host')).toBe('public');
    expect(fieldValue(fields, 'x-forwarded-port')).toBe('443');
    expect(fieldValue(fields, 'x-forwarded-prefix')).toBe('/app');
    expect(fields.join()).not.toContain('6.6.6.6');
  });

  it.each([
    ['a', false, '80'],
    ['a', true, '443'],
    ['a:', false, '80'],
    ['[::1]', false, '80'],
    ['[::1]:81', true, '81'],
    ['', false, '80'],
  ])('tells the port of Host %j, secure %j, as %s', (host, secure, port) => {
    expect(fieldValue(toOrigin(host === '' ? [] : ['Host', host], { secure }), 'x-forwarded-port')).toBe(port);
  });

  it('says how many hops are left when that was asked', () => {
    expect(fieldValue(toOrigin(['Host', 'a', 'Max-Forwards', '9'], { maxForwards: '8' }), 'max-forwards')).toBe('8');
    expect(fieldValue(toOrigin(['Host', 'a']), 'max-forwards')).toBeUndefined();
  });

  it('joins the lines of Via', () => {
    expect(fieldValue(toOrigin(['Via', '1.0 a', 'VIA', '1.1 b (x)']), 'via')).toBe('1.0 a, 1.1 b (x), 1.1 w1 (cafe)');
  });
});

describe('how the client reached us', () => {
  const received = readRequestFields(['Host', 'a:1', 'X-Forwarded-Proto', 'https, http', 'X-Forwarded-Host', 'public , b']);
  it('is what it said, or what a trusted proxy says', () => {
    expect(publicName(received, false, false)).toEqual({ scheme: 'http', authority: 'a:1' });
    expect(publicName(received, true, false)).toEqual({ scheme: 'https', authority: 'a:1' });
    expect(publicName(received, false, true)).toEqual({ scheme: 'https', authority: 'public' });
    const strange = readRequestFields(['Host', 'a', 'X-Forwarded-Proto', 'gopher']);
    expect(publicName(strange, false, true)).toEqual({ scheme: 'http', authority: 'a' });
  });
});

describe('what the client gets', () => {
  it('has nothing of one connection, and our Via', () => {
    expect(toClient(['Server', 'x', ...hopByHop, 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'via', '1.0 in'])).toEqual([
      'Server', 'x', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Via', '1.0 in, 1.1 w1 (cafe)',
    ]); // prettier-ignore
  });

  it.each(['Set-Cookie', 'Cache-Control', 'Vary', 'Content-Type', 'ETag'])('keeps %s, whatever Connection nominates', (name) => {
    expect(fieldValue(toClient([name, 'v', 'Connection', name]), name.toLowerCase())).toBe('v');
  });

  it.each<readonly [string, Fields, Partial<ResponseFieldsContext>, string | undefined]>([
    ['keeps a length that is true', ['Content-Length', '5'], { bodyBytes: 5 }, '5'],
    ['drops one that is not', ['Content-Length', '6'], { bodyBytes: 5 }, undefined],
    ['drops it beside chunks', ['Content-Length', '5', 'Transfer-Encoding', 'chunked'], {}, undefined],
    ['keeps the first of two', ['Content-Length', '5', 'content-length', '5'], { bodyBytes: 5 }, '5'],
    ['keeps it for HEAD', ['Content-Length', '5'], { method: 'HEAD', bodyBytes: 0 }, '5'],
    ['keeps it for 304', ['Content-Length', '5'], { status: 304, bodyBytes: 0 }, '5'],
    ['drops it for 204', ['Content-Length', '0'], { status: 204, bodyBytes: 0 }, undefined],
    ['drops it for 204 to HEAD', ['Content-Length', '0'], { status: 204, method: 'HEAD', bodyBytes: 0 }, undefined],
    ['drops it for interim responses', ['Content-Length', '0'], { status: 103, bodyBytes: 0 }, undefined],
    ['drops nonsense', ['Content-Length', '-5'], { method: 'HEAD', bodyBytes: 0 }, undefined],
  ])('%s', (_, fields, over, expected) => {
    const result = toClient(fields, over);
    expect(fieldValue(result, 'content-length')).toBe(expected);
    expect(result.filter((text) => text.toLowerCase() === 'content-length').length).toBe(expected === undefined ? 0 : 1);
  });

  it('has both locations mapped, when there is a map', () => {
    const fields = ['Location', 'a', 'content-location', 'b'];
    expect(toClient(fields, { location: (value) => `${value}!` })).toEqual(['Location', 'a!', 'content-location', 'b!', 'Via', answer.via]);
    expect(toClient(fields)).toEqual([...fields, 'Via', answer.via]);
  });
});

describe('whatever comes in', () => {
  const name = fc.oneof(
    fc.constantFrom('Connection', 'connection', 'Host', 'TE', 'Via', 'X-Forwarded-For', 'x_forwarded_for', 'Forwarded', 'Keep-Alive'),
    fc.constantFrom('X-A', 'x-b', 'Transfer-Encoding', 'Content-Length'),
    fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/),
  );
  const value = fc.oneof(fc.constantFrom('close', 'x-a', 'X-B, te', 'host', 'keep-alive, x-forwarded-for'), fc.string({ maxLength: 20 }));
  const fields = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat());
  const namesOf = (list: Fields): string[] => list.filter((_, i) => i % 2 === 0).map((text) => text.toLowerCase());

  it('pairs come out, no hop-by-hop field does, and each of ours exactly once', () => {
    fc.assert(
      fc.property(fields, fc.boolean(), (given, trusted) => {
        const out = toOrigin(given, { trusted });
        expect(out.length % 2).toBe(0);
        const names = namesOf(out);
        const gone = ['connection', 'te', 'keep-alive', 'transfer-encoding', 'content-length', 'x_forwarded_for'];
        const ours = ['host', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id'];
        expect(names.filter((each) => gone.includes(each))).toEqual([]);
        expect(names.filter((each) => ours.includes(each)).sort()).toEqual([...ours].sort());
        expect(fieldValue(out, 'x-forwarded-for')!.endsWith(context.peer)).toBe(true);
      }),
    );
  });

  it('what comes out of one proxy goes through the next unchanged but for what it adds', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const once = toClient(given);
        const twice = toClient(once);
        const withoutVia = (list: Fields): string[] => list.filter((_, i) => list[i - (i % 2)]?.toLowerCase() !== 'via');
        expect(withoutVia(twice)).toEqual(withoutVia(once));
      }),
    );
  });
});
