import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultCodes, faults } from '../../src/proxy/fault.js';
import { fieldValue } from '../../src/proxy/fields.js';
import { escapeHtml } from '../../src/html.js';
import { errorAnswer, preferredFormat } from '../../src/proxy/pages.js';

describe('the format', () => {
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'], // curl
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'], // browsers
    ['application/json', 'json'],
    ['application/problem+json', 'json'],
    ['application/json, text/plain, */*', 'json'], // axios
    ['text/plain, */*', 'text'],
    ['application/*', 'json'],
    ['text/*', 'text'],
    ['image/webp', 'text'],
    ['text/html;q=0.5, application/json;q=0.6', 'json'],
    ['text/html;q=0.5, */*;q=0.6', 'text'],
    ['TEXT/HTML; level=1; q=0.5', 'html'],
    ['text/plain;q=0, text/html;q=0.001', 'html'],
    ['*/*;q=0', 'text'],
    ['text/html;q=nonsense, application/json;q=7', 'text'],
  ])('for Accept %j is %s', (accept, format) => {
    expect(preferredFormat(accept)).toBe(format);
  });

  it('is one of three for any Accept', () => {
    fc.assert(fc.property(fc.string(), (accept) => ['json', 'html', 'text'].includes(preferredFormat(accept))));
  });
});

describe.each(faultCodes)('the answer for %s', (code) => {
  const { status, text } = faults[code];

  it('says what happened, in each format, with the request id and whose log has it', () => {
    const json = errorAnswer(code, 'application/json', 'id-1', 'w1');
    const problem = { type: 'about:blank', title: json.reason, status, detail: text, fault: code, requestId: 'id-1', worker: 'w1' };
    expect(JSON.parse(json.body.toString())).toEqual(problem);
    for (const accept of ['text/html', undefined]) {
      const { body } = errorAnswer(code, accept, 'id-1', 'w1');
      for (const part of [String(status), escapeHtml(text), 'id-1', '(w1)']) expect(body.toString()).toContain(part);
    }
  });

  it('is never stored, and says when to come back if it was our limit', () => {
    const { fields, reason } = errorAnswer(code, 'text/html', 'id-1', 'w1');
    expect(reason).not.toBe('Error');
    expect(fieldValue(fields, 'cache-control')).toBe('no-store');
    expect(fieldValue(fields, 'x-request-id')).toBe('id-1');
    expect(fieldValue(fields, 'retry-after')).toBe(status === 503 ? '1' : undefined);
  });
});

it('whatever stands in a page cannot become markup', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
  expect(errorAnswer('no-origin', 'text/html', '<script>', '<b>').body.toString()).not.toMatch(/<script>|<b>/);
});
