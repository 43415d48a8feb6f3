/**
 * Asking the origin whether a stored response is still good, and what its answer makes of it (RFC 9111 §4.3). Pure.
 */
import { fieldValue, isNamed, nameTest, type Fields } from '../fields.js';
import { listField } from './directives.js';
import { formatHttpDate } from './http-date.js';
import type { StoredResponse } from './stored-response.js';
import { isAlternative, matchesOn } from './vary.js';

/** Of the client; those of a fetch are ours, and its ranges are cut from the whole. */
const isConditional = nameTest(['if-none-match', 'if-modified-since', 'if-range', 'range']);

/** Of all entity tags in one request. */
const etagsBytesMax = 4096;

/**
 * The other variants whose entity tags go along, so that the origin may say that one of them is what this request gets as well (§4.3.1).
 * Not beside a date alone: an origin that reads entity tags does not look at it (RFC 9110 §13.1.3). Strong tags alone: a weak one may
 * be that of several representations at once (RFC 9110 §8.8.1), say of all codings, and so tells no variant from another. And only what
 * negotiation tells from this request: what Origin or Cookie chooses is also in fields that a 304 does not repeat (§15.4.5 there).
 *
 * @param passed what the request says
 */
export function offeredVariants(
  all: readonly StoredResponse[],
  stored: StoredResponse | undefined,
  passed: Fields,
): readonly StoredResponse[] {
  if (stored !== undefined && hasValidator(stored) && stored.policy.etag === undefined) return [];
  const offered = new Map<string, StoredResponse>();
  let bytes = 0;
  for (const other of all) {
    const { etag } = other.policy;
    if (etag === undefined || etag.startsWith('W/') || etag === stored?.policy.etag || other.status !== 200) continue;
    if (!isAlternative(other.variant, passed) || !suitsCodings(passed, other)) continue;
    bytes += etag.length + 2;
    if (bytes > etagsBytesMax) break;
    offered.set(etag, other);
  }
  return [...offered.values()];
}

/**
 * Whether the client names all codings that were applied (RFC 9110 §12.5.3): some origins give all of them the same strong tag. And
 * one that names any does not get what is plain for another's list: origins that compress last say 304 to the tag of what they have not
 * compressed yet.
 */
function suitsCodings(passed: Fields, { fields, variant }: StoredResponse): boolean {
  const codings = listOf(fields, 'content-encoding');
  const accepted = listOf(passed, 'accept-encoding').filter((each) => !/;\s*q=0(?:\.0*)?$/.test(each));
  if (codings.length === 0) return accepted.length === 0 || matchesOn('accept-encoding', variant, passed);
  return codings.every((coding) => accepted.some((each) => each.split(';', 1)[0]?.trim() === coding));
}

function listOf(fields: Fields, lowerName: string): readonly string[] {
  const members = listField(fields, lowerName)?.toLowerCase().split(',') ?? [];
  return members.map((member) => member.trim()).filter((member) => member !== '');
}

/**
 * §4.3.1.
 *
 * @param stored what to validate; undefined: nothing, the whole is wanted.
 * @param others whose entity tags go along
 */
export function fetchFields(requestFields: Fields, stored: StoredResponse | undefined, others: readonly StoredResponse[]): Fields {
  const fields: string[] = [];
  for (let i = 0; i < requestFields.length; i += 2) {
    const name = requestFields[i] as string; // i < length, and the array is of pairs
    if (!isConditional(name)) fields.push(name, requestFields[i + 1] as string);
  }
  const etags = [stored, ...others].flatMap((each) => each?.policy.etag ?? []);
  if (etags.length > 0) fields.push('If-None-Match', etags.join(', '));
  if (stored === undefined) return fields;
  const { lastModifiedMs } = stored.policy;
  if (lastModifiedMs !== undefined) fields.push('If-Modified-Since', fieldValue(stored.fields, 'last-modified') ?? formatHttpDate(lastModifiedMs));
  return fields;
}

export const hasValidator = ({ policy }: StoredResponse): boolean => policy.etag !== undefined || policy.lastModifiedMs !== undefined;

/**
 * Whether a 304, or the head of a GET that a HEAD asked for, speaks of this stored response (§4.3.4): a strong validator must be
 * the same, a weak one too if there is one; without any, what we asked about is what it answers.
 */
export function confirms(fields: Fields, stored: StoredResponse): boolean {
  const etag = fieldValue(fields, 'etag');
  if (etag !== undefined) return stored.policy.etag !== undefined && weak(etag) === weak(stored.policy.etag);
  const modified = fieldValue(fields, 'last-modified');
  return modified === undefined || modified === fieldValue(stored.fields, 'last-modified');
}

/**
 * Which stored response a 304 speaks of: the one that the request selects, or another one that it names to the letter.
 *
 * @param stored what was to be validated, and has a validator
 */
export function confirmed(
  fields: Fields,
  stored: StoredResponse | undefined,
  others: readonly StoredResponse[],
): StoredResponse | undefined {
  const etag = fieldValue(fields, 'etag')?.trim();
  if (stored !== undefined && (etag !== undefined || others.length === 0) && confirms(fields, stored)) return stored;
  return etag === undefined ? undefined : others.find(({ policy }) => policy.etag === etag);
}

const weak = (etag: string): string => etag.trim().replace(/^W\//, '');

/** A HEAD also tells the length; one of something else than what is stored makes that useless (§4.3.5). */
export function headConfirms(fields: Fields, stored: StoredResponse): boolean {
  const length = fieldValue(fields, 'content-length');
  return confirms(fields, stored) && (length === undefined || Number(length) === stored.body.length);
}

/** By these the body that is kept is read, and they stay with it (§3.2 allows it, and excludes Content-Length). */
const describesBody = nameTest(['content-length', 'content-encoding', 'content-range', 'etag', 'transfer-encoding']);

/** §3.2: each field of the update replaces those of its name; Age is the update's or gone. */
export function updatedFields(stored: Fields, update: Fields): string[] {
  const replaced = new Set<string>();
  const added: string[] = [];
  for (let i = 0; i < update.length; i += 2) {
    const name = update[i] as string; // i < length, and the array is of pairs
    if (describesBody(name)) continue;
    replaced.add(name.toLowerCase());
    added.push(name, update[i + 1] as string);
  }
  const fields: string[] = [];
  for (let i = 0; i < stored.length; i += 2) {
    const name = stored[i] as string;
    if (!replaced.has(name.toLowerCase()) && !isNamed(name, 'age')) fields.push(name, stored[i + 1] as string);
  }
  return [...fields, ...added];
}
