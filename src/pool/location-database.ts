/**
 * Networks and their locations out of a database in MaxMind's format, by country and continent. The only importer of mmdb-lib.
 *
 * The reader answers for one address at a time, with the width of the network that the answer holds for, and allocates with
 * every call. So all of it is gone through once, at the start (1.6 s for 262,144 networks with a record each, measured), and
 * what belongs to a location becomes part of the same tree that the listed networks are in.
 */
import { Reader, type Response } from 'mmdb-lib';
import { ServiceError } from '../service.js';
import { ipv4Bits, ipv6Bits } from './address.js';
import type { KnownNetwork } from './locations.js';

/** Which location a network belongs to by what the database says of it; −1: none. */
export type LocationOfCodes = (country: string | undefined, continent: string | undefined) => number;

/** More than the largest databases have; a file that is broken could else keep us for ever. */
const networksMax = 32_000_000;

/**
 * @param content of the file. @param what names it in errors, with the option.
 * @throws ServiceError when it is no such database
 */
export function readLocationDatabase(content: Buffer, locationOf: LocationOfCodes, what: string): KnownNetwork[] {
  try {
    const networks: KnownNetwork[] = [];
    const reader = new Reader<Response>(content, { cache: new Map() });
    const known = new Map<Response | null, number>([[null, -1]]);
    const find = (address: string): Found => {
      const [record, bits] = reader.getWithPrefixLength(address);
      const location = known.get(record) ?? locationOfRecord(record, locationOf);
      known.set(record, location);
      return { location, bits };
    };
    const take = (network: KnownNetwork): void => void (network.location >= 0 && networks.push(network));
    walkIpv4(find, take);
    if (reader.metadata.ipVersion === 6) walkIpv6(find, take);
    return networks;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError(`${what} is not a database in MaxMind's format: ${reason}`, { cause: error });
  }
}

interface Found {
  readonly location: number;
  readonly bits: number;
}

type Find = (address: string) => Found;
type Take = (network: KnownNetwork) => void;

/** As MaxMind, DB-IP and IPinfo write it. A network that is nowhere in particular may still be registered somewhere. */
function locationOfRecord(record: unknown, locationOf: LocationOfCodes): number {
  const { country, country_code, registered_country, continent, continent_code } = Object(record) as Readonly<Record<string, unknown>>;
  return locationOf(codeOf(country_code) ?? codeOf(country) ?? codeOf(registered_country), codeOf(continent_code) ?? codeOf(continent));
}

function codeOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { iso_code, code } = Object(value) as { readonly iso_code?: unknown; readonly code?: unknown }; // each there or not
  const written = iso_code ?? code;
  return typeof written === 'string' ? written : undefined;
}

function walkIpv4(find: Find, take: Take): void {
  for (let address = 0, seen = 0; address < 2 ** ipv4Bits; seen += 1) {
    if (seen > networksMax) throw new Error(`it has more than ${networksMax} networks`);
    const bytes = Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
    const { location, bits } = find(bytes.join('.'));
    take({ familyBits: ipv4Bits, bytes, bits, location });
    address += 2 ** (ipv4Bits - bits);
  }
}

/** Global unicast, all that is given out. Two networks in it are mirrors of IPv4, which nobody connects from. */
const globalFirst = 0x20;
const globalEnd = 0x40;
const isTeredo = (bytes: Uint8Array): boolean => bytes[0] === 0x20 && bytes[1] === 0x01 && bytes[2] === 0 && bytes[3] === 0;
const is6to4 = (bytes: Uint8Array): boolean => bytes[0] === 0x20 && bytes[1] === 0x02;

function walkIpv6(find: Find, take: Take): void {
  const bytes = new Uint8Array(ipv6Bits / 8);
  bytes[0] = globalFirst;
  for (let seen = 0; (bytes[0] ?? globalEnd) < globalEnd; seen += 1) {
    if (seen > networksMax) throw new Error(`it has more than ${networksMax} networks`);
    const mirrorBits = isTeredo(bytes) ? 32 : is6to4(bytes) ? 16 : 0;
    const { location, bits } = mirrorBits > 0 ? { location: -1, bits: mirrorBits } : find(textOf(bytes));
    take({ familyBits: ipv6Bits, bytes: bytes.slice(), bits: Math.max(3, bits), location });
    step(bytes, Math.max(3, bits));
  }
}

function textOf(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let place = 0; place < bytes.length; place += 2) groups.push((((bytes[place] ?? 0) << 8) | (bytes[place + 1] ?? 0)).toString(16));
  return groups.join(':');
}

/** To the first address behind the network of so many bits, wherever in it we are: behind a mirror that is in its middle. */
function step(bytes: Uint8Array, bits: number): void {
  let place = (bits - 1) >> 3;
  let carry = 0x80 >> ((bits - 1) & 7);
  bytes[place] = (bytes[place] ?? 0) & -carry;
  bytes.fill(0, place + 1);
  for (; place >= 0 && carry > 0; place -= 1, carry = carry > 0xff ? 1 : 0) {
    carry += bytes[place] ?? 0;
    bytes[place] = carry;
  }
}
