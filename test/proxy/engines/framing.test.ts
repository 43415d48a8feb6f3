import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseHead } from '../../../src/proxy/engines/engine.js';
import {
  assertRequest, assertResponse, endToEnd, framedRequestFields, framedResponseFields, requestLength, responseLength,
} from '../../../src/proxy/engines/framing.js';

const framingNames = ['content-length', 'transfer-encoding'];
const isFraming = (text: string, i: number): boolean => i % 2 === 0 && framingNames.includes(text.toLowerCase());
const framingOf = (given: readonly string[]): string[] => given.filter(isFraming);

/** Names with the dangerous ones among them, in any case. */
const name = fc
  .constantFrom('content-length', 'transfer-encoding', 'connection', 'host', 'x-a', 'expect', 'te', 'trailer', 'cookie')
  .chain((lower) => fc.constantFrom(lower, lower.toUpperCase(), lower.replace(/\b./g, (first) => first.toUpperCase())));
const value = fc.constantFrom('5', '0', '007', '5, 5', 'chunked', 'gzip, chunked', 'close', 'x', '', '-1', '99999999999999999999');
const fields = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => pairs.flat());
const bodyBytes = fc.option(fc.nat(1e6), { nil: undefined });
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND');

describe('the length of a message', () => {
  it.each([
    [[], 0],
    [['Content-Length', '5'], 5],
    [['content-length', '005'], 5],
    [['Transfer-Encoding', 'CHUNKED'], undefined],
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 'faulty'],
    [['Content-Length', '5', 'Content-Length', '5'], 'faulty'],
    [['Content-Length', '5,5'], 'faulty'],
    [['Content-Length', '0x5'], 'faulty'],
    [['Content-Length', ''], 'faulty'],
    [['Content-Length', String(2 ** 53)], 'faulty'],
    [['Transfer-Encoding', 'gzip, chunked'], 'faulty'],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 'faulty'],
    [['Transfer-Encoding', ''], 'faulty'],
  ] as const)('of a request with %j is %s', (given, length) => {
    expect(requestLength(given, '1.1')).toBe(length);
  });

  it('knows no coding in HTTP/1.0', () => {
    expect(requestLength(['Transfer-Encoding', 'chunked'], '1.0')).toBe('faulty');
    expect(responseLength(['Transfer-Encoding', 'chunked'], '1.0', 'GET', 200)).toBe('faulty');
  });

  it('of a response is 0 where there is no body by rule, and unknown where nothing says it', () => {
    expect(responseLength(['Content-Length', '5'], '1.1', 'HEAD', 200)).toBe(0);
    expect(responseLength(['Content-Length', '5'], '1.1', 'GET', 304)).toBe(0);
    expect(responseLength(['Transfer-Encoding', 'chunked'], '1.1', 'GET', 204)).toBe(0);
    expect(responseLength([], '1.1', 'GET', 200)).toBeUndefined();
    expect(responseLength(['Content-Length', 'x'], '1.1', 'HEAD', 200)).toBe('faulty');
  });
});

describe('what is sent', () => {
  it('has at most one framing in a request, the one of its length, and last', () => {
    fc.assert(
      fc.property(method, fields, bodyBytes, (verb, given, length) => {
        const sent = framedRequestFields({ method: verb, target: '/', fields: given, bodyBytes: length });
        const framing = framingOf(sent);
        expect(framing.length).toBeLessThanOrEqual(1);
        if (length === undefined) expect(sent.slice(-2)).toEqual(['Transfer-Encoding', 'chunked']);
        else if (length > 0) expect(sent.slice(-2)).toEqual(['Content-Length', String(length)]);
        expect(requestLength(sent, '1.1')).toBe(length);
      }),
    );
  });

  it('has at most one framing in a response, by which its length can be read', () => {
    const status = fc.constantFrom(200, 204, 206, 304, 404);
    const version = fc.constantFrom('1.0' as const, '1.1' as const);
    fc.assert(
      fc.property(method, version, status, fields, bodyBytes, fc.boolean(), (verb, minor, code, given, length, close) => {
        const head: ResponseHead = { status: code, reason: '', fields: given, bodyBytes: length };
        let sent: string[];
        try {
          sent = framedResponseFields(head, { method: verb, version: minor }, close);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(framingOf(sent).length).toBeLessThanOrEqual(1);
        expect(sent.includes('close')).toBe(close || given.some((text, i) => i % 2 === 1 && text === 'close' && sent.includes('close')));
        const bodiless = verb === 'HEAD' || code === 204 || code === 304;
        if (!bodiless) expect(responseLength(sent, minor, verb, code)).toBe(length);
        if (code === 204) expect(framingOf(sent)).toEqual([]);
        if (minor === '1.0') expect(sent.map((text) => text.toLowerCase())).not.toContain('transfer-encoding');
      }),
    );
  });

  it('keeps everything else as it was', () => {
    const given = ['X-B', '1', 'x-a', '2', 'Set-Cookie', 'a', 'Connection', 'x', 'set-cookie', 'b'];
    const head: ResponseHead = { status: 200, reason: '', fields: given, bodyBytes: 3 };
    expect(framedResponseFields(head, { method: 'GET', version: '1.1' }, true)).toEqual([
      'X-B', '1', 'x-a', '2', 'Set-Cookie', 'a', 'set-cookie', 'b', 'Connection', 'close', 'Content-Length', '3',
    ]);
  });
});

describe('what is refused', () => {
  const request = { method: 'GET', target: '/', fields: ['Host', 'h'], bodyBytes: 0 };
  const response: ResponseHead = { status: 200, reason: 'OK', fields: [], bodyBytes: 0 };
  const controls = fc.integer({ min: 0, max: 0x1f }).filter((code) => code !== 9);
  const around = fc.string({ maxLength: 5, unit: fc.constantFrom('a', '/', ' ', ':') });

  it('is any control character but tab, anywhere', () => {
    fc.assert(
      fc.property(controls, around, around, (code, before, after) => {
        const bad = `${before}${String.fromCharCode(code)}${after}`;
        expect(() => assertRequest({ ...request, fields: ['A', bad] })).toThrow(RangeError);
        expect(() => assertRequest({ ...request, fields: [bad, 'a'] })).toThrow(RangeError);
        expect(() => assertRequest({ ...request, target: `/${bad}` })).toThrow(RangeError);
        expect(() => assertRequest({ ...request, method: bad })).toThrow(RangeError);
        expect(() => assertResponse({ ...response, fields: ['A', bad] })).toThrow(RangeError);
        expect(() => assertResponse({ ...response, reason: bad })).toThrow(RangeError);
      }),
    );
  });

  it('is nothing that may be sent', () => {
    assertRequest({ ...request, fields: ['Host', 'h', 'X', 'tab\there', 'Y', '\x80\xff', 'Z', ''] });
    assertRequest({ ...request, method: 'OPTIONS', target: '*' });
    assertResponse({ ...response, reason: '', fields: ['!#$%&\'*+-.^_`|~', 'x'] });
  });
});

describe('endToEnd', () => {
  it('drops what speaks of the connection, and what Connection names, but never Content-Length', () => {
    const given = ['Connection', 'X-Hop, close, content-length', 'x-hop', '1', 'Keep-Alive', 'x', 'Upgrade', 'y', 'Transfer-Encoding', 'chunked', 'A', 'b', 'Content-Length', '5'];
    expect(endToEnd(given)).toEqual(['A', 'b', 'Content-Length', '5']);
  });
});
