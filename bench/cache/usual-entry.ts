/**
 * A stored response as an origin would make it: eight fields, their strings its own, and a body of 100 bytes.
 */
import type { StoredResponse } from '../../src/proxy/cache/stored-response.js';

/** With a string of its own, as a request has it. */
export const keyOf = (index: number): string => Buffer.from(`http://www.example.org/some/path/of/usual/length/${index}`).toString('latin1');

export function usualEntry(index: number): StoredResponse {
  const own = (text: string): string => Buffer.from(text).toString('latin1');
  const names = ['Content-Type', 'Cache-Control', 'ETag', 'Last-Modified', 'Date', 'Server', 'X-Served', 'Via'];
  return {
    key: keyOf(index),
    variant: { names: [], values: [] },
    status: 200,
    reason: 'OK',
    fields: names.flatMap((name) => [own(name), own(`value ${index} of a usual length`)]),
    policy: {
      ...{ dateMs: index, lifetimeMs: 3_600_000, heuristic: false, initialAgeMs: 0, responseMs: index, noCache: false },
      ...{ mustRevalidate: false, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, etag: own(`"${index}"`), lastModifiedMs: index },
    },
    body: Buffer.alloc(100, index),
  };
}
