import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../src/proxy/engines/request-target.js';

const host = ['Host', 'h'];

describe('a request target', () => {
  it.each([
    ['GET', '/a//b?c?d', '/a//b?c?d'],
    ['GET', '//h/x', '//h/x'],
    ['OPTIONS', '*', '*'],
    ['GET', 'http://h', '/'],
    ['GET', 'http://h/', '/'],
    ['GET', 'http://h?q', '/?q'],
    ['GET', 'HTTP://H/x', '/x'],
    ['GET', 'http://h:/x', '/x'],
    ['GET', 'http://h:80/x', '/x'],
    ['OPTIONS', 'http://h', '*'],
    ['OPTIONS', 'http://h/', '/'],
    ['OPTIONS', 'http://h?q', '/?q'],
  ])('%s %s is for %s', (method, received, target) => {
    expect(readTarget(method, received, host, '1.1')).toEqual({ target, fields: host });
  });

  it.each([
    ['GET', '*', 'malformed-request'],
    ['GET', '', 'malformed-request'],
    ['GET', 'h', 'malformed-request'],
    ['GET', '/a b', 'malformed-request'],
    ['GET', '/a#b', 'malformed-request'],
    ['GET', '/\xe9', 'malformed-request'],
    ['GET', 'https://h/', 'malformed-request'],
    ['GET', 'http:///x', 'malformed-request'],
    ['GET', 'http://u@h/', 'malformed-request'],
    ['GET', 'http://u:p@h/', 'malformed-request'],
    ['GET', 'http://h/#x', 'malformed-request'],
    ['GET', 'http://h#x', 'malformed-request'],
    ['GET', 'http://other/', 'bad-host'],
    ['GET', 'http://h:81/', 'bad-host'],
    ['GET', 'http://h.evil/', 'bad-host'],
    ['CONNECT', 'h:80', 'method-not-supported'],
  ])('%s %s is refused: %s', (method, received, code) => {
    expect(readTarget(method, received, host, '1.1')).toBe(code);
  });

  it('names the host only where HTTP/1.0 left it out', () => {
    expect(readTarget('GET', 'http://h/x', [], '1.0')).toEqual({ target: '/x', fields: ['Host', 'h'] });
    expect(readTarget('GET', 'http://h/x', [], '1.1')).toEqual({ target: '/x', fields: [] });
  });

  it('is in origin form or refused, whatever is sent, and its host is the one that was asked for', () => {
    const any = fc.string({ maxLength: 30, unit: fc.constantFrom('h', '/', ':', '@', '?', '#', '.', '8', '0', 'http://', '\\', '%', ' ', '\r', '*') });
    fc.assert(
      fc.property(fc.constantFrom('GET', 'OPTIONS'), any, (method, received) => {
        const read = readTarget(method, received, host, '1.1');
        if (typeof read === 'string') return;
        expect(read.target).toMatch(/^(?:\/[\x21\x22\x24-\x7e]*|\*)$/);
        if (!received.startsWith('/') && received !== '*') expect(new URL(received.replaceAll('\\', '%5c')).host).toBe('h');
      }),
      { numRuns: 2000 },
    );
  });
});
