/**
 * IP addresses in text, read character by character into numbers, without allocating: the hot paths of policies do it for
 * every answer. All ways to write one address come out as one, and an IPv4-mapped IPv6 address as the IPv4 one.
 */

export const ipv4Bits = 32;
export const ipv6Bits = 128;

/** Where `readAddress` leaves the address: the first 4 bytes, or all 16. */
export const addressBytes = new Uint8Array(16);

/** Fills `addressBytes`; returns how many bits it has, 32 or 128, or 0 when the text is no address. */
export function readAddress(text: string): number {
  if (!text.includes(':')) return putIpv4(readIpv4(text, 0));
  if (!readIpv6(text)) return 0;
  const isMapped = groups[5] === 0xffff && groups.subarray(0, 5).every((group) => group === 0);
  if (isMapped) return putIpv4((groups[6] ?? 0) * 65_536 + (groups[7] ?? 0)); // there are eight
  for (let place = 0; place < 16; place += 1) addressBytes[place] = (groups[place >> 1] ?? 0) >> (place % 2 === 0 ? 8 : 0);
  return ipv6Bits;
}

function putIpv4(address: number): number {
  if (address < 0) return 0;
  for (let place = 0; place < 4; place += 1) addressBytes[place] = address >>> (24 - 8 * place);
  return ipv4Bits;
}

/** Where `readIpv6` leaves its result; one for all, because nobody keeps it beyond the next call. */
export const groups = new Uint16Array(8);

/** The address written in `text` from `start` on, or −1. */
export function readIpv4(text: string, start: number): number {
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
export function readIpv6(text: string): boolean {
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
