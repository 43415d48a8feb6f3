/**
 * Who the client is: reading and writing `Forwarded` (RFC 7239) and the older `X-Forwarded-For`.
 *
 * Both are lists to which each proxy appends at the right, so only the right end is worth anything: from there we step
 * left as long as the address is one of our own proxies', and the first that is not is the client.
 */
import { rememberLast } from './memo.js';
import { addressOfHop, type TrustedNetworks } from './trust.js';

export interface ClaimedHops {
  /** Value of `X-Forwarded-For`, all field lines joined; empty when there was none. */
  readonly forwardedFor: string;
  /** Value of `Forwarded`, likewise. */
  readonly forwarded: string;
}

/** @param peer address of the connection. */
export function clientAddress(peer: string, claimed: ClaimedHops, trusted: TrustedNetworks): string {
  if (!trusted.includes(peer)) return peer;
  const hops = claimed.forwardedFor !== '' ? claimed.forwardedFor.split(',') : forwardedHops(claimed.forwarded);
  let client = peer;
  for (let index = hops.length - 1; index >= 0 && trusted.includes(client); index -= 1) {
    const address = addressOfHop((hops[index] ?? '').trim());
    if (address === undefined) break; // `unknown`, obfuscated or broken: whoever stands left of it is hearsay
    client = address;
  }
  return client;
}

/** One `name=value`, possibly empty, and what follows it. No two neighbours can match the same character, so it is linear. */
const pair = /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w:[\]-]+))[ \t]*)?([;,]|$)/y;

/** The `for` of each element in order, '' where there is none; no hops at all when the value breaks the grammar of RFC 7239 §4. */
export function forwardedHops(value: string): string[] {
  if (value === '') return [];
  const hops = [''];
  pair.lastIndex = 0;
  for (;;) {
    const match = pair.exec(value);
    if (match === null) return [];
    const [, name, quoted, token, delimiter] = match;
    if (name?.toLowerCase() === 'for') hops[hops.length - 1] = token ?? (quoted ?? '').replace(/\\(.)/g, '$1');
    if (delimiter === '') return hops;
    if (delimiter === ',') hops.push('');
  }
}

/** One element of `Forwarded`. IPv6 goes in brackets, and whatever is no token in quotes (RFC 7239 §4, §6). */
export function forwardedElement(address: string, scheme: string, host: string): string {
  const node = address.includes(':') ? `"[${address}]"` : address === '' ? 'unknown' : address;
  const element = `for=${node};proto=${scheme}`;
  return host === '' ? element : `${element};host=${quoteUnlessToken(host)}`;
}

const token = /^[!#$%&'*+.^_`|~\w-]+$/;

const quoteUnlessToken = rememberLast((text) => (token.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`));
