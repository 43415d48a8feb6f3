/**
 * From an address in text to a number that stands for its network: the /24 of an IPv4 address, the /56 of an IPv6 one.
 *
 * Resolvers and clients of one site share such a prefix (RFC 7871 §11.1 recommends these lengths for the same reason), so
 * affinity holds for the site and not for the host. All ways to write one address count as one, and an IPv4-mapped IPv6
 * address, which dual-stack sockets report, as the IPv4 one. Reads characters, allocates nothing.
 */

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

/** Where `readIpv6` leaves its result; one for all, because nothing here outlives a call. */
const groups = new Uint16Array(8);

/** The address written in `text` from `start` on, or −1. */
function readIpv4(text: string, start: number): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x2e && octet >= 0 && dots < 3) {
      address = address * 256 + octet;
      octet = -1;
      dots += 1;
    } else if (code >= 0x30 && code <= 0x39) {
      octet = Math.max(octet, 0) * 10 + code - 0x30;
      if (octet > 255) return -1;
    } else {
      return -1;
    }
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

/** Fills `groups`; false when the text is no IPv6 address. A zone (`%eth0`) is left out. */
function readIpv6(text: string): boolean {
  groups.fill(0);
  let count = 0;
  let gap = -1; // how many groups stand before `::`
  let start = text.startsWith('::') ? 1 : 0;
  const end = text.includes('%') ? text.indexOf('%') : text.length;
  for (let at = start; at <= end; at += 1) {
    if (at < end && text.charCodeAt(at) !== 0x3a) continue;
    const empty = at === start;
    if (empty && at < end && gap >= 0) return false;
    if (empty && at < end) gap = count;
    if (!empty) {
      const written = readGroups(text, start, at, count);
      if (written === 0) return false;
      count += written;
    }
    start = at + 1;
  }
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

/** Reads one hexadecimal group, or at the end a dotted IPv4 address that makes two; returns how many, 0 when it is neither. */
function readGroups(text: string, start: number, end: number, count: number): number {
  if (count > 7) return 0;
  const dot = text.indexOf('.', start);
  if (dot >= 0 && dot < end) {
    const ipv4 = count > 6 || end !== text.length ? -1 : readIpv4(text, start);
    if (ipv4 < 0) return 0;
    groups[count] = ipv4 >>> 16;
    groups[count + 1] = ipv4; // the array keeps the lower 16 bits
    return 2;
  }
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0 || at - start > 3) return 0;
    value = value * 16 + digit;
  }
  groups[count] = value;
  return 1;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
