/**
 * Variants: which request fields chose a stored response, and whether they choose it again (RFC 9111 §4.1). Pure.
 *
 * Values are compared after joining lines and trimming white space around commas, which changes no field's meaning, and languages,
 * codings and character sets in any case. Nothing more is normalised: two requests that an origin could tell apart are two variants.
 */
import type { Fields } from '../fields.js';
import { listField } from './directives.js';
import type { StoredResponse, Variant } from './stored-response.js';

export const noVariant: Variant = { names: [], values: [] };

/** @param responseFields without `Vary: *`, which is never stored. */
export function variantOf(responseFields: Fields, requestFields: Fields): Variant {
  const list = listField(responseFields, 'vary');
  if (list === undefined) return noVariant;
  const names = [...new Set(list.toLowerCase().split(',').map((name) => name.trim()))].filter((name) => name !== '').toSorted();
  return variantBy(names, requestFields);
}

export const variantBy = (names: readonly string[], requestFields: Fields): Variant => ({
  names,
  values: names.map((name) => normalised(requestFields, name)),
});

/** Their words mean the same in any case (RFC 9110 §12.5.2 to §12.5.4). */
const ignoresCase: ReadonlySet<string> = new Set(['accept-charset', 'accept-encoding', 'accept-language']);

/** A field that is not there matches only one that is not there either; an empty one is not the same. */
function normalised(fields: Fields, name: string): string {
  const list = listField(fields, name);
  if (list === undefined) return '';
  if (ignoresCase.has(name)) return `=${list.trim().toLowerCase().replace(/[\t ]*([,;])[\t ]*/g, '$1')}`;
  return `=${list.trim().replace(/[\t ]*,[\t ]*/g, ',')}`;
}

export const matches = ({ names, values }: Variant, requestFields: Fields): boolean =>
  names.every((name, index) => normalised(requestFields, name) === values[index]);

/** Of one field; one that did not choose it matches anyhow. */
export const matchesOn = (lowerName: string, { names, values }: Variant, requestFields: Fields): boolean =>
  names.every((name, index) => name !== lowerName || normalised(requestFields, name) === values[index]);

/** They choose among representations, which entity tags tell apart (RFC 9110 §12.5). */
const negotiates: ReadonlySet<string> = new Set(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

/** Whether the request would choose it if it preferred other representations. */
export const isAlternative = ({ names, values }: Variant, requestFields: Fields): boolean =>
  names.every((name, index) => negotiates.has(name) || normalised(requestFields, name) === values[index]);

export function sameVariant(one: Variant, other: Variant): boolean {
  return one.names.join() === other.names.join() && one.values.every((value, index) => value === other.values[index]);
}

/** The one that the request chooses; of several the most recent (§4). */
export function selectVariant<C extends { readonly response: StoredResponse }>(
  candidates: readonly C[],
  requestFields: Fields,
): C | undefined {
  let best: C | undefined;
  for (const candidate of candidates) {
    const { policy, variant } = candidate.response;
    if ((best === undefined || policy.dateMs >= best.response.policy.dateMs) && matches(variant, requestFields)) best = candidate;
  }
  return best;
}
