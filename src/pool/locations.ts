/**
 * Where requestors are: locations by the networks of their clients, for the policy `nearest`.
 *
 * Two trees, IPv4 and IPv6, made when the process starts. What the configuration says of a network stands over what a
 * database says of it.
 */
import { addressBytes, ipv4Bits, ipv6Bits, readAddress } from './address.js';
import { createPrefixTree, type Prefix, type PrefixTreeBuilder } from './prefix-tree.js';

export interface Locations {
  readonly names: readonly string[];
  /**
   * Index of the location that the network is in, or −1.
   *
   * @param familyBits 32 or 128. @param bits how many of `bytes` are known; those behind are 0
   */
  find(familyBits: number, bytes: Uint8Array, bits: number): number;
  /** Of the last `find`, see `PrefixTree`. */
  readonly scopeBits: number;
  /** The same of an address in text. */
  locate(address: string): number;
}

export interface Network extends Prefix {
  /** 32 or 128. */
  readonly familyBits: number;
}

export interface LocationNetworks {
  readonly name: string;
  /** Addresses and prefixes. */
  readonly networks: readonly string[];
}

/** A network whose location somebody else knows. */
export interface KnownNetwork extends Network {
  /** Index of its location. */
  readonly location: number;
}

/** @param known those of a database; where one lies in another, the wider one comes first. */
export function createLocations(locations: readonly LocationNetworks[], known: Iterable<KnownNetwork> = []): Locations {
  const builders = { ipv4: createPrefixTree(), ipv6: createPrefixTree() };
  const builderOf = ({ familyBits }: Network): PrefixTreeBuilder => (familyBits === ipv4Bits ? builders.ipv4 : builders.ipv6);
  const add = (network: KnownNetwork): void => builderOf(network).add(network, network.location);
  for (const network of known) add(network);
  const given = locations.flatMap(({ networks }, location) => networks.flatMap((text) => ({ ...readNetwork(text), location })));
  given.sort((a, b) => a.bits - b.bits);
  given.forEach(add);
  const [ipv4, ipv6] = [builders.ipv4.build(), builders.ipv6.build()];
  let last = ipv4;
  let lastAddress = '';
  let lastLocation = -1;

  function find(familyBits: number, bytes: Uint8Array, bits: number): number {
    last = familyBits === ipv4Bits ? ipv4 : ipv6;
    return last.find(bytes, bits);
  }

  return {
    names: locations.map(({ name }) => name),
    find,
    get scopeBits() {
      return last.scopeBits;
    },
    locate(address) {
      if (address !== lastAddress) {
        const bits = readAddress(address);
        lastLocation = bits === 0 ? -1 : find(bits, addressBytes, bits);
        lastAddress = address;
      }
      return lastLocation;
    },
  };
}

/** Bits behind the prefix are cleared, so that two ways to write one network are one. @throws RangeError */
export function readNetwork(text: string): Network {
  const slash = text.indexOf('/');
  const familyBits = readAddress(slash < 0 ? text : text.slice(0, slash));
  const written = slash < 0 ? familyBits : Number(text.slice(slash + 1));
  const bits = slash >= 0 && familyBits === ipv4Bits && text.includes(':') ? written - (ipv6Bits - ipv4Bits) : written;
  if (familyBits === 0 || !Number.isInteger(bits) || bits < 0 || bits > familyBits) {
    throw new RangeError(`expected an address or a prefix such as 10.0.0.0/8, got ${JSON.stringify(text)}`);
  }
  const bytes = addressBytes.slice(0, familyBits / 8);
  for (let place = 0; place < bytes.length; place += 1) {
    const kept = Math.min(8, Math.max(0, bits - 8 * place));
    bytes[place] = (bytes[place] as number) & (0xff00 >> kept); // place < length
  }
  return { familyBits, bytes, bits };
}
