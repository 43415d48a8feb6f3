/**
 * What an origin's answer to a request for a slice says: a part of what whole, or why nothing can be made of it. Pure.
 */
import type { ResponseHead } from '../../engines/engine.js';
import { fieldValue, type Fields } from '../../fields.js';
import { readPolicy } from '../freshness.js';
import { isAuthorized } from '../lookup.js';
import type { CacheSettings } from '../options.js';
import type { Arrived, StoredResponse } from '../stored-response.js';
import { owned, storableFields, whyNotStored, type NotStored } from '../storing.js';
import { updatedFields } from '../validation.js';
import { variantOf } from '../vary.js';
import { parseContentRange } from './byte-range.js';
import type { SliceFetchOptions } from './slice-fetch.js';
import { strongValidator, wholeFields, type SlicedObject } from './sliced-object.js';

export interface SliceAnswer {
  /** As the whole would have it. */
  readonly head: Omit<StoredResponse, 'body'>;
  readonly total: number;
  readonly validator: string;
  /** Of the slice. */
  readonly bytes: number;
}

type Asked = Pick<SliceFetchOptions, 'key' | 'number' | 'intent' | 'object' | 'passed' | 'asked'>;

/** @param fields of the answer, with a Date. @returns `status` also where the part is not the one that was asked for. */
export function readSlice(
  asked: Asked,
  { status, bodyBytes }: ResponseHead,
  fields: Fields,
  arrived: Arrived,
  settings: CacheSettings,
): SliceAnswer | NotStored {
  const range = parseContentRange(fieldValue(fields, 'content-range'));
  if (status !== 206 || range === undefined) return 'status';
  const first = asked.number * settings.sliceBytes;
  const bytes = Math.min(settings.sliceBytes, range.total - first);
  if (range.first !== first || range.last !== first + bytes - 1 || (bodyBytes ?? bytes) !== bytes) return 'status';
  // §15.3.7: to If-Range an origin need not repeat what it said of the whole.
  const known = asked.intent === 'more' ? asked.object : undefined;
  if (known !== undefined && !isSame(known, fields, range.total)) return 'status';
  const said = wholeFields(known === undefined ? fields : updatedFields(known.record.fields, fields));
  const head = wholeHead(asked, said, arrived, settings);
  if (typeof head === 'string') return head;
  const validator = known === undefined ? strongValidator(head.policy) : strongValidator(known.record.policy);
  return validator === undefined ? 'weak-validator' : { head, total: range.total, validator, bytes };
}

/** An ETag must be repeated in a 206 (§15.3.7); Last-Modified, after If-Range, need not be. */
function isSame({ record, total }: SlicedObject, fields: Fields, totalNow: number): boolean {
  if (total !== totalNow) return false;
  const etag = fieldValue(fields, 'etag');
  if (record.policy.etag !== undefined || etag !== undefined) return etag === record.policy.etag;
  const modified = fieldValue(fields, 'last-modified');
  return modified === undefined || modified === fieldValue(record.fields, 'last-modified');
}

/** What would be stored of a 200 with these fields, or why nothing would. */
export function wholeHead(
  { key, passed, asked }: Pick<Asked, 'key' | 'passed' | 'asked'>,
  fields: Fields,
  arrived: Arrived,
  settings: CacheSettings,
): Omit<StoredResponse, 'body'> | NotStored {
  const policy = readPolicy(200, fields, arrived, settings);
  const kept = storableFields(fields, policy.directives);
  const asGet = { method: 'GET', directives: asked, authorized: isAuthorized(passed) };
  const reason = whyNotStored(asGet, 200, kept, policy, settings);
  return reason ?? owned({ key, status: 200, reason: 'OK', fields: kept, policy, variant: variantOf(kept, passed) });
}
