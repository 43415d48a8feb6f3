/**
 * What is known of an object that is kept in slices, and under which keys it and they are stored.
 *
 * The object is a stored response of its own: fields and policy are those of the whole, and its body says how long the whole is and
 * which slices are its own. Slices carry that id in their key, so whoever has the object of now cannot find a slice of an earlier
 * one, and an object that is removed takes the way to its slices with it.
 */
import { fieldValue, nameTest, type Fields } from '../../fields.js';
import { without } from '../serving.js';
import type { Store } from '../store.js';
import type { Policy, StoredResponse } from '../stored-response.js';

export interface SlicedObject {
  readonly record: StoredResponse;
  /** Bytes of the whole. */
  readonly total: number;
  /** Of its slices. */
  readonly id: string;
}

/** A target has no space in it, so no response of an origin has such a key. */
export const objectKey = (key: string): string => `${key} slices`;
export const sliceKey = (key: string, id: string, number: number): string => `${key} slice ${id} ${number}`;

export const isSliceKey = (key: string): boolean => key.includes(' slice ');

export function readObject(store: Store, key: string, passed: Fields): SlicedObject | undefined {
  const record = store.select(objectKey(key), passed);
  return record === undefined ? undefined : objectOf(record);
}

export function objectOf(record: StoredResponse): SlicedObject {
  const [total = '', id = ''] = record.body.toString('latin1').split(' ');
  return { record, total: Number(total), id };
}

export function recordOf(head: Omit<StoredResponse, 'body'>, total: number, id: string): StoredResponse {
  const text = Buffer.from(`${total} ${id}`, 'latin1');
  const body = Buffer.allocUnsafeSlow(text.length); // not a piece of a pool that it would keep alive
  text.copy(body);
  return { ...head, body };
}

/**
 * By which bytes of one response may be joined to those of another (RFC 9110 §8.8, §15.3.7.3): a strong ETag, else a Last-Modified
 * that was a second old (§8.8.2.2). A weak ETag says that the bytes may differ, whatever the date says.
 */
export function strongValidator({ etag, lastModifiedMs, dateMs }: Policy): string | undefined {
  if (etag !== undefined) return etag.startsWith('"') ? etag : undefined;
  return lastModifiedMs !== undefined && dateMs - lastModifiedMs >= 1000 ? `since ${lastModifiedMs}` : undefined;
}

/** What If-Range says of it. */
export const ifRange = ({ record }: SlicedObject): string => record.policy.etag ?? fieldValue(record.fields, 'last-modified') ?? '""';

const ofPart = nameTest(['content-range', 'content-length']);

/** As the whole has them. */
export const wholeFields = (fields: Fields): string[] => without(fields, ofPart);
