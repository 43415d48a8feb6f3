import { describe, expect, it } from 'vitest';
import { faultCodes, faults, isConnectFault, mayRetry } from '../../src/proxy/fault.js';

const nothing = { connected: false, bodyStarted: false, answered: false };

describe.each(faultCodes)('%s', (code) => {
  const { retry, source, status } = faults[code];

  it('is consistent: only what is upstream may be retried, and the status fits the source', () => {
    expect(retry === 'never' || source === 'upstream').toBe(true);
    if (source === 'upstream') expect([502, 504]).toContain(status);
    if (source === 'internal') expect([500, 503]).toContain(status);
    expect(retry === 'if-nothing-sent').toBe(isConnectFault(code));
  });

  it('is retried by its verdict, the method and what was sent', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH', 'get', 'MADEUP']) {
      const idempotent = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(method);
      expect(mayRetry(code, method, nothing)).toBe(retry !== 'never');
      expect(mayRetry(code, method, { ...nothing, connected: true })).toBe(retry === 'if-idempotent' && idempotent);
      expect(mayRetry(code, method, { connected: true, bodyStarted: true, answered: false })).toBe(false);
      expect(mayRetry(code, method, { connected: true, bodyStarted: false, answered: true })).toBe(false);
    }
  });

  it('has a sentence that tells nothing of the inside', () => {
    expect(faults[code].text).toMatch(/^[A-Z][a-zA-Z, ]+\.$/);
  });
});
