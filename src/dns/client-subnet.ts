/**
 * EDNS client subnet (RFC 7871): for which network a resolver asks, and for which the answer holds.
 *
 * The option is read into a struct that is used again, since its bytes may lie where the response is going to be written,
 * and goes back as it came, with our scope. What breaks the format is FORMERR (§7.1.2 has the server reject it): padding in
 * the address, more or fewer bytes than the prefix needs, a scope in a query.
 */
import { ipv4Bits, ipv6Bits } from '../pool/address.js';
import { putUint16 } from './wire.js';

export interface ClientSubnet {
  /** Was there such an option? */
  given: boolean;
  /** 1 IPv4, 2 IPv6, and 0 with nothing behind it for "of nobody in particular". */
  family: number;
  /** 32, 128, or 0. */
  familyBits: number;
  sourceBits: number;
  /** Of the answer; 0: it holds for all. */
  scopeBits: number;
  readonly address: Uint8Array;
}

export const optionCode = 8;
const optionHeadBytes = 4;
/** Family and the two lengths. */
const fixedBytes = 4;

export function createSubnet(): ClientSubnet {
  return { given: false, family: 0, familyBits: 0, sourceBits: 0, scopeBits: 0, address: new Uint8Array(ipv6Bits / 8) };
}

export function forgetSubnet(subnet: ClientSubnet): void {
  subnet.given = false;
  subnet.sourceBits = 0;
  subnet.scopeBits = 0;
}

/** Walks the options between `at` and `end`, inside the message. The first client subnet counts. False: malformed. */
export function readSubnet(subnet: ClientSubnet, message: Uint8Array, at: number, end: number): boolean {
  while (at < end) {
    if (at + optionHeadBytes > end) return false;
    const code = uint16(message, at);
    const from = at + optionHeadBytes;
    at = from + uint16(message, at + 2);
    if (at > end) return false;
    if (code === optionCode && !subnet.given && !readOption(subnet, message, from, at)) return false;
  }
  return true;
}

function readOption(subnet: ClientSubnet, message: Uint8Array, from: number, end: number): boolean {
  if (end - from < fixedBytes) return false;
  const family = uint16(message, from);
  const familyBits = family === 1 ? ipv4Bits : family === 2 ? ipv6Bits : 0;
  const sourceBits = message[from + 2] as number; // from + 4 ≤ end, as below
  const addressAt = from + fixedBytes;
  if (family > 2 || sourceBits > familyBits || message[from + 3] !== 0 || end - addressAt !== bytesOf(sourceBits)) return false;
  subnet.address.fill(0);
  for (let place = 0; addressAt + place < end; place += 1) subnet.address[place] = message[addressAt + place] as number;
  const spare = 8 * bytesOf(sourceBits) - sourceBits;
  if (spare > 0 && ((message[end - 1] as number) & (0xff >> (8 - spare))) !== 0) return false;
  subnet.given = true;
  subnet.family = family;
  subnet.familyBits = familyBits;
  subnet.sourceBits = sourceBits;
  return true;
}

const bytesOf = (bits: number): number => (bits + 7) >> 3;

/** Of the option in the response; 0 when there is none. */
export const subnetBytes = ({ given, sourceBits }: ClientSubnet): number =>
  given ? optionHeadBytes + fixedBytes + bytesOf(sourceBits) : 0;

/** The caller has made sure that there is room. */
export function putSubnet({ family, sourceBits, scopeBits, address }: ClientSubnet, to: Uint8Array, at: number): void {
  const addressBytes = bytesOf(sourceBits);
  putUint16(to, at, optionCode);
  putUint16(to, at + 2, fixedBytes + addressBytes);
  putUint16(to, at + 4, family);
  to[at + 6] = sourceBits;
  to[at + 7] = scopeBits;
  for (let place = 0; place < addressBytes; place += 1) to[at + 8 + place] = address[place] as number; // at most 16
}

/** The caller has checked that both bytes are there. */
const uint16 = (message: Uint8Array, at: number): number => ((message[at] as number) << 8) | (message[at + 1] as number);
