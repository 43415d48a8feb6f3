/**
 * From an address in text to a number that stands for its network: the /24 of an IPv4 address, the /56 of an IPv6 one.
 *
 * Resolvers and clients of one site share such a prefix (RFC 7871 §11.1 recommends these lengths for the same reason), so
 * affinity holds for the site and not for the host. All ways to write one address count as one, and an IPv4-mapped IPv6
 * address, which dual-stack sockets report, as the IPv4 one. Reads characters, allocates nothing.
 */

import { groups, readIpv4, readIpv6 } from '../address.js';

/** 32 bits; equal for equal prefixes, well mixed for different ones. Text that is no address counts as a whole. */
export function prefixHash(address: string): number {
  if (address !== lastAddress) {
    lastHash = hashOf(address);
    lastAddress = address;
  }
  return lastHash;
}

/** One answer asks several times for the prefix of one address (policy, TTL, demand), and reading it takes 100 ns. */
let lastAddress = '';
let lastHash = hashText('');

function hashOf(address: string): number {
  if (!address.includes(':')) {
    const ipv4 = readIpv4(address, 0);
    return ipv4 < 0 ? hashText(address) : mix(ipv4 >>> 8);
  }
  if (!readIpv6(address)) return hashText(address);
  const high = pair(0);
  if (high === 0 && pair(2) === 0 && pair(4) === 0xffff) return mix(pair(6) >>> 8); // ::ffff:192.0.2.1
  return mix(mix(high ^ ipv6Salt) ^ (pair(2) >>> 8));
}

/** Keeps small IPv6 prefixes apart from IPv4 ones; any odd number with half of its bits set would do. */
const ipv6Salt = 0x9e3779b9;

/** Two groups of the address that was read last, as one word. */
function pair(at: number): number {
  return (((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0)) >>> 0;
}

/** FNV-1a over the characters, then mixed. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** The finaliser of MurmurHash3: each bit of the input turns about half of those of the output. */
export function mix(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
