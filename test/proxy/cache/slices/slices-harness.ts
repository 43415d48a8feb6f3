/**
 * A cache of slices of four bytes, and an origin that answers with the slice it was asked for.
 */
import type { Fields } from '../../../../src/proxy/fields.js';
import type { MemoryAttempt } from '../../../support/memory-engine.js';
import { openCache } from '../cache-harness.js';

export const tagged = ['Cache-Control', 'max-age=60', 'ETag', '"a"', 'Content-Type', 'video/mp4'];
/** In slices of 4: 0123, 4567, 89. */
export const bytes = '0123456789';

export const open = (settings: Parameters<typeof openCache>[0] = {}) =>
  openCache({ sliceBytes: 4, ...settings }, { limits: { maxconn: 2000 } });
export const range = (value: string, ...more: string[]): Fields => ['Range', `bytes=${value}`, ...more];

/** Answers with the slice that was asked for. */
export function slice(attempt: MemoryAttempt, fields: Fields = tagged, whole = bytes): void {
  const { body } = sliceHead(attempt, fields, whole);
  attempt.data(body);
  attempt.end();
}

export function sliceHead(attempt: MemoryAttempt, fields: Fields, whole: string): { readonly body: string } {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(attempt.field('range') ?? '') ?? [];
  const body = whole.slice(Number(first), Number(last) + 1);
  attempt.connect();
  attempt.head(206, [...fields, 'Content-Range', `bytes ${first}-${Number(first) + body.length - 1}/${whole.length}`], body.length);
  return { body };
}

export const asked = ({ engine }: ReturnType<typeof open>): (string | undefined)[] => engine.attempts.map((attempt) => attempt.field('range'));
