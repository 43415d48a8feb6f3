/**
 * Addresses, and the networks whose word about the client is believed. The only importer of ipaddr.js.
 *
 * What cannot be read as an address is untrusted. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`, as a dual-stack
 * socket reports it) is that IPv4 address here, so that one rule covers both spellings.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ServiceError } from '../service.js';

export interface TrustedNetworks {
  includes(address: string): boolean;
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Clients come again and again from few addresses; a miss costs some microseconds of parsing. */
const remembered = 4096;

/**
 * @param networks addresses and prefixes, such as `10.0.0.0/8`, `::1`.
 * @param option where they stand, for errors.
 * @throws ServiceError for what is neither.
 */
export function createTrustedNetworks(networks: readonly string[], option = 'proxy.trustedNetworks'): TrustedNetworks {
  const parsed = networks.map((network) => parseNetwork(network, option));
  const verdicts = new Map<string, boolean>();
  const judge = (address: string): boolean => {
    if (isIP(address) === 0) return false;
    const ip = ipaddr.process(address);
    return parsed.some(([network, bits]) => network.kind() === ip.kind() && ip.match(network, bits));
  };
  return {
    includes(address) {
      if (parsed.length === 0) return false;
      let verdict = verdicts.get(address);
      if (verdict === undefined) {
        verdict = judge(address);
        if (verdicts.size >= remembered) verdicts.clear();
        verdicts.set(address, verdict);
      }
      return verdict;
    },
  };
}

function parseNetwork(text: string, option: string): Network {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (version === 0 || rest.length > 0 || length < 0 || length > most) {
    throw new ServiceError(`${option}: expected an address or a prefix such as 10.0.0.0/8, got ${JSON.stringify(text)}`);
  }
  const ip = ipaddr.parse(address);
  if (ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress() && length >= 96) return [ip.toIPv4Address(), length - 96];
  return [ip, length];
}

const mappedPrefix = /^::ffff:(?=\d+\.)/i;

/** The address as it is told to others: IPv4 without its IPv6 mapping, IPv6 without brackets and zone. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  return address.replace(mappedPrefix, '').replace(/%.*$/, '');
}

/** The one spelling of an IP address that has many: RFC 5952 for IPv6, and IPv4 for what is mapped into it. */
export function normalAddress(address: string): string {
  const ip = ipaddr.process(address);
  return ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString();
}

/** The address of `192.0.2.1:80`, `[2001:db8::1]:80` or one without port; undefined for anything else. */
export function addressOfHop(hop: string): string | undefined {
  const match = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+)(?::\d{1,5})?$/.exec(hop);
  const address = plainAddress(match?.[1] ?? hop);
  return isIP(address) === 0 ? undefined : address;
}
