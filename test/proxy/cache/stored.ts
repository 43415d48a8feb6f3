/**
 * Stored responses for tests, made as the cache makes them: from fields and times.
 */
import type { Fields } from '../../../src/proxy/fields.js';
import { readPolicy, type FreshnessOptions } from '../../../src/proxy/cache/freshness.js';
import { requestDirectives } from '../../../src/proxy/cache/reuse.js';
import type { ReadPolicy, StoredResponse } from '../../../src/proxy/cache/stored-response.js';
import { owned, storableFields, whyNotStored, type NotStored } from '../../../src/proxy/cache/storing.js';
import { variantOf } from '../../../src/proxy/cache/vary.js';

/** 2026-11-27T12:00:00Z. */
export const noonMs = Date.UTC(2026, 10, 27, 12);
export const dateAt = (offsetS: number): string => new Date(noonMs + offsetS * 1000).toUTCString();

export const freshness: FreshnessOptions = { heuristicMaxS: 86_400, negativeTtlS: 0, graceS: 0, staleIfErrorS: 0 };

/** As of a response that came at monotonic 0, real noon, at once. */
export function policyOf(fields: Fields, status = 200, options: Partial<FreshnessOptions> = {}, delayMs = 0): ReadPolicy {
  return readPolicy(status, fields, { requestMs: -delayMs, responseMs: 0, realtimeMs: noonMs }, { ...freshness, ...options });
}

export const lifetimeS = (fields: Fields, status = 200): number => policyOf(fields, status).lifetimeMs / 1000;

export function storedOf(fields: Fields, body = 'body', requestFields: Fields = [], status = 200): StoredResponse {
  const policy = policyOf(fields, status);
  const storable = storableFields(fields, policy.directives);
  const variant = variantOf(storable, requestFields);
  return { ...owned({ key: 'http://a.test/', variant, status, reason: 'OK', fields: storable, policy }), body: Buffer.from(body) };
}

export interface Asking {
  readonly method?: string;
  readonly status?: number;
  readonly request?: Fields;
  readonly setCookie?: boolean;
}

export function whyNot(fields: Fields, { method = 'GET', status = 200, request = [], setCookie = false }: Asking = {}): NotStored | undefined {
  const policy = policyOf(fields, status);
  const authorized = request.some((name) => name.toLowerCase() === 'authorization');
  const asked = { method, directives: requestDirectives(request), authorized };
  return whyNotStored(asked, status, storableFields(fields, policy.directives), policy, { setCookie });
}

export const cc = (value: string): Fields => ['Cache-Control', value];
