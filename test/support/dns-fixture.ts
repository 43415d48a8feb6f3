/**
 * A zone with something of everything, a responder over it, and queries made byte by byte.
 */
import { createRandom } from '../../src/random.js';
import { createResponder, type Responder } from '../../src/dns/responder.js';
import { createDnsStats, type DnsStats, type Transport } from '../../src/dns/stats.js';
import { createZone, type ZoneOptions, type ZoneRecord } from '../../src/dns/zone.js';
import { encodeName } from '../../src/dns/name.js';
import { createAuthority } from '../../src/pool/authority.js';
import { createRotation } from '../../src/pool/rotations.js';
import type { Locations } from '../../src/pool/locations.js';
import { createPool, type Pool, type PoolMember } from '../../src/pool/pool.js';
import { constantTtl } from '../../src/pool/ttl.js';

export const members: readonly PoolMember[] = ['w1', 'w2', 'w3', 'w4'].map((name, index) => ({
  name,
  index,
  address: `192.0.2.${index + 1}`,
  address6: `2001:db8::${index + 1}`,
  port: 8080,
  weight: 1,
}));

export const records: readonly ZoneRecord[] = [
  { name: '@', type: 'MX', ttlS: 600, value: '10 mail' },
  { name: 'mail', type: 'A', ttlS: 600, value: '192.0.2.25' },
  { name: 'deep.below.nothing', type: 'TXT', ttlS: 60, value: 'down here' },
  { name: 'alias', type: 'CNAME', ttlS: 120, value: 'www' },
  { name: 'alias2', type: 'CNAME', ttlS: 120, value: 'alias' },
  { name: 'away', type: 'CNAME', ttlS: 120, value: 'example.org.' },
  { name: 'dangling', type: 'CNAME', ttlS: 120, value: 'nowhere' },
  { name: 'loop', type: 'CNAME', ttlS: 120, value: 'loop' },
  { name: '*.wild', type: 'TXT', ttlS: 60, value: 'any card' },
  { name: 'real.wild', type: 'A', ttlS: 60, value: '192.0.2.77' },
  { name: 'a.ent.wild', type: 'A', ttlS: 60, value: '192.0.2.78' },
  { name: '*.cards', type: 'CNAME', ttlS: 60, value: 'www' },
  { name: 'big', type: 'TXT', ttlS: 60, value: 'x'.repeat(2000) },
  { name: '_sip._udp', type: 'SRV', ttlS: 60, value: '0 5 5060 mail' },
  { name: '@', type: 'CAA', ttlS: 60, value: '0 issue "ca.example.org"' },
];

export function zoneOptions(pool: Pool, overrides: Partial<ZoneOptions> = {}): ZoneOptions {
  const random = createRandom(1);
  return {
    zone: 'roundhouse.test',
    nameservers: ['ns1'],
    nameserverAddress: '127.0.0.1',
    negativeTtlS: 10,
    serial: 1_700_000_000,
    rotated: {
      name: 'www',
      pool,
      newAuthority: () => createAuthority({ rotation: createRotation('round-robin', { tail: 'cyclic', random }), ttl: constantTtl(30) }),
      answersMax: 100,
    },
    records,
    ...overrides,
  };
}

export interface DnsFixture {
  readonly pool: Pool;
  readonly stats: DnsStats;
  readonly responder: Responder;
  /** The response as a copy; empty when there is none. */
  respond(query: Buffer, transport?: Transport, address?: string): Buffer;
}

export interface FixtureOptions {
  readonly members?: readonly PoolMember[];
  readonly records?: readonly ZoneRecord[];
  readonly service?: string;
  readonly answersMax?: number;
  readonly ednsBytes?: number;
  /** Names of locations that get names in the zone. */
  readonly places?: readonly string[];
  /** Then the policy is `nearest`. */
  readonly locations?: Locations;
}

export function createDnsFixture(options: FixtureOptions = {}): DnsFixture {
  const { members: ours = members, records: theirs = records, service = 'www', answersMax = 100, ednsBytes = 1232 } = options;
  const { places = [], locations } = options;
  const pool = createPool(ours, { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 0 });
  const base = zoneOptions(pool, { records: theirs });
  const newAuthority = locations === undefined ? base.rotated.newAuthority : nearestBy(locations);
  const rotated = { name: service, pool, newAuthority, answersMax };
  const zone = createZone({ ...base, rotated, locations: places.map((name) => ({ ...rotated, name, pool: pool.at(name) })) });
  const stats = createDnsStats(ours.map(({ name }) => name), locations?.names);
  const responder = createResponder({ zone, stats, ednsBytes, locations });
  const room = Buffer.alloc(65_535);
  return {
    pool,
    stats,
    responder,
    respond(query, transport = 'udp', address = '127.0.0.1') {
      return Buffer.from(room.subarray(0, responder.respond(query, query.length, { address }, transport, room)));
    },
  };
}

const nearestBy = (locations: Locations) => () => {
  const rotation = createRotation('nearest', { tail: 'cyclic', random: createRandom(1), locations });
  return createAuthority({ rotation, ttl: constantTtl(30) });
};

export interface QueryOptions {
  readonly id?: number;
  readonly flags?: number;
  readonly class?: number;
  /** Four counts instead of the true ones. */
  readonly counts?: readonly [number, number, number, number];
  /** What stands behind the question, already encoded, with the number of its records. */
  readonly additional?: readonly Buffer[];
}

/** A query with RD set, its letter case as given. */
export function query(name: string, type: number, options: QueryOptions = {}): Buffer {
  const { id = 0x1234, flags = 0x0100, class: cls = 1, counts, additional = [] } = options;
  const header = Buffer.alloc(12);
  [id, flags, ...(counts ?? [1, 0, 0, additional.length])].forEach((value, word) => header.writeUInt16BE(value, word * 2));
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type);
  tail.writeUInt16BE(cls, 2);
  return Buffer.concat([header, encodeName(name), tail, ...additional]);
}

export interface OptOptions {
  readonly bytes?: number;
  readonly version?: number;
  readonly dnssecOk?: boolean;
  readonly options?: Buffer;
  readonly owner?: Buffer;
}

export function opt(fields: OptOptions = {}): Buffer {
  const { bytes = 1232, version = 0, dnssecOk = false, options = Buffer.alloc(0), owner = Buffer.of(0) } = fields;
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(41);
  fixed.writeUInt16BE(bytes, 2);
  fixed.writeUInt8(version, 5);
  fixed.writeUInt16BE(dnssecOk ? 0x8000 : 0, 6);
  fixed.writeUInt16BE(options.length, 8);
  return Buffer.concat([owner, fixed, options]);
}

export interface Header {
  readonly id: number;
  readonly qr: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  /** RA, Z, AD, CD. */
  readonly low: number;
  readonly rcode: number;
  /** Of the four sections. */
  readonly counts: readonly number[];
}

export function header(message: Buffer): Header {
  const flags = message.readUInt16BE(2);
  return {
    id: message.readUInt16BE(0),
    qr: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    aa: (flags & 0x0400) !== 0,
    tc: (flags & 0x0200) !== 0,
    rd: (flags & 0x0100) !== 0,
    low: (flags >> 4) & 15,
    rcode: flags & 15,
    counts: [4, 6, 8, 10].map((at) => message.readUInt16BE(at)),
  };
}
