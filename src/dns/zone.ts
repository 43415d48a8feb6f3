/**
 * The zone: every name we answer for, built once and immutable from then on.
 *
 * It holds the apex with SOA and NS, the service name whose addresses the pool rotates, one name for each location, whose
 * addresses its part of the pool rotates, one name for each worker (always answered, whatever its health: that is how people
 * reach a sick one), the name servers' addresses, and static records
 * with wildcards (RFC 4592). Names without records between others exist too: they are NODATA, not NXDOMAIN (RFC 8020).
 * There are no delegations: NS stands at the apex alone. Whatever is wrong is refused here, with the record's name.
 */
import { isIPv4 } from 'node:net';
import type { Authority } from '../pool/authority.js';
import type { PoolMember, PoolView } from '../pool/pool.js';
import { ServiceError } from '../service.js';
import { createNameTable, type NameTable } from './name-table.js';
import { encodeName } from './name.js';
import { absoluteName, addressRecord, isInZone, parseRecord, type StaticType } from './record.js';
import { encodeRecord, rdataOf, typeCodes, type RecordData } from './wire.js';

export interface ZoneRecord {
  /** Relative to the zone, `@` for its apex, or absolute with a final dot; `*.x` is a wildcard. */
  readonly name: string;
  readonly type: StaticType;
  readonly ttlS: number;
  /** As in a zone file. */
  readonly value: string;
}

export interface RotatedOptions {
  /** The name whose addresses these are, relative to the zone or `@`. */
  readonly name: string;
  readonly pool: PoolView;
  /** Called once for each RRset: one that A and AAAA shared would pin members for ever. */
  readonly newAuthority: () => Authority;
  readonly answersMax: number;
}

export interface ZoneOptions {
  /** With or without the final dot. */
  readonly zone: string;
  /** Relative to the zone, or absolute with a final dot; the first one is the SOA's primary. */
  readonly nameservers: readonly string[];
  /** Address of the relative ones that have no record of their own. */
  readonly nameserverAddress: string;
  /** How long "no such name" and "no such record" may be cached (RFC 2308). */
  readonly negativeTtlS: number;
  /** Of the SOA; the time of the start in seconds grows with every change that a restart brings. */
  readonly serial: number;
  /** The service. */
  readonly rotated: RotatedOptions;
  /** Parts of its pool with names of their own. */
  readonly locations?: readonly RotatedOptions[];
  readonly records: readonly ZoneRecord[];
}

export interface RRset {
  readonly type: number;
  /** Encoded, owned by a pointer to the question. */
  readonly records: readonly Buffer[];
}

export interface ZoneNode {
  /** None at an empty non-terminal. */
  readonly sets: readonly RRset[];
  /** The one record of the CNAME set, if that is what stands here. */
  readonly cname: readonly Buffer[] | undefined;
  /** Its A and AAAA come from the pool: which one of `Zone.rotated`; −1: none. */
  readonly rotated: number;
}

export interface Zone extends NameTable<ZoneNode> {
  /** The service, at `serviceIndex`, then the locations. */
  readonly rotated: readonly RotatedOptions[];
  /** The SOA with the TTL of negative answers: the lesser of its own and its minimum (RFC 2308 §3). */
  readonly negativeSoa: readonly Buffer[];
}

/** The service's place in `Zone.rotated`. */
export const serviceIndex = 0;
const soaTtlS = 3600;
const nameserverTtlS = 3600;
const workerTtlS = 300;
/** A set must fit in a TCP message behind the longest question and chain of aliases. */
const setBytesMax = 60_000;

interface GrowingNode {
  readonly name: string;
  readonly sets: Map<RecordData['type'], { ttlS: number; readonly records: RecordData[] }>;
  rotated: number;
  worker: boolean;
}

/** @throws ServiceError that names the record. */
export function createZone(options: ZoneOptions): Zone {
  const origin = options.zone.replace(/\.$/, '').toLowerCase();
  const where = `zone ${origin}`;
  const soa = told(where, () => soaOf(options, origin));
  const growing = createGrowingZone(origin);
  growing.add(origin, soa, soaTtlS);
  const rotated = [options.rotated, ...(options.locations ?? [])];
  rotated.forEach(({ name }, index) => {
    const what = index === serviceIndex ? 'service name' : 'location';
    told(`${where}: ${what} ${name}`, () => addRotated(growing, absoluteName(name, origin), index));
  });
  for (const member of options.rotated.pool.members) told(`${where}: worker ${member.name}`, () => addWorker(growing, member, origin));
  options.records.forEach((record, place) => {
    const { name, type, value } = record;
    told(`${where}: record ${place + 1} (${name} ${type} ${JSON.stringify(value)})`, () => addStatic(growing, record, origin));
  });
  for (const name of options.nameservers) told(`${where}: name server ${name}`, () => addNameserver(growing, name, options.nameserverAddress, origin));
  const nodes = new Map([...growing.all].map(([key, node]) => [key, told(`${where}: ${node.name}`, () => freeze(node))]));
  const entries = [...nodes].map(([name, node]) => ({ labels: labelsBelow(name, origin), node, wildcard: nodes.get(`*.${name}`) }));
  return {
    ...createNameTable(encodeName(origin), entries),
    rotated,
    negativeSoa: [encodeRecord(soa, Math.min(soaTtlS, options.negativeTtlS))],
  };
}

/** Runs `build`; a RangeError comes out as one for people, with the place in front. */
function told<Value>(where: string, build: () => Value): Value {
  try {
    return build();
  } catch (error) {
    if (error instanceof RangeError) throw new ServiceError(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}

function soaOf({ nameservers: [primary], serial, negativeTtlS }: ZoneOptions, origin: string): RecordData {
  if (origin === '') throw new RangeError('expected a name, not the root');
  if (primary === undefined) throw new RangeError('expected at least one name server');
  return {
    type: 'SOA',
    primary: absoluteName(primary, origin),
    mailbox: absoluteName('hostmaster', origin),
    serial: serial >>> 0,
    refreshS: 3600,
    retryS: 600,
    expireS: 1_209_600,
    minimumS: negativeTtlS,
  };
}

interface GrowingZone {
  readonly all: ReadonlyMap<string, GrowingNode>;
  /** The node of a name, made with all nodes between it and the apex when it is new. */
  at(name: string): GrowingNode;
  add(name: string, data: RecordData, ttlS: number): void;
}

function createGrowingZone(origin: string): GrowingZone {
  const all = new Map<string, GrowingNode>();
  function at(name: string): GrowingNode {
    if (!isInZone(name, origin)) throw new RangeError(`the name ${name} is outside the zone ${origin}; leave out the final dot to make it relative`);
    const key = name.toLowerCase();
    const known = all.get(key);
    if (known !== undefined) return known;
    if (key !== origin) at(key.slice(key.indexOf('.') + 1));
    const node: GrowingNode = { name, sets: new Map(), rotated: -1, worker: false };
    all.set(key, node);
    return node;
  }
  function add(name: string, data: RecordData, ttlS: number): void {
    const { sets } = at(name);
    const set = sets.get(data.type) ?? { ttlS, records: [] };
    set.ttlS = Math.min(set.ttlS, ttlS); // the records of a set share one TTL, the least (RFC 2181 §5.2)
    set.records.push(data);
    sets.set(data.type, set);
  }
  return { all, at, add };
}

function addRotated(growing: GrowingZone, owner: string, index: number): void {
  const node = growing.at(owner);
  if (node.rotated >= 0) throw new RangeError('the service and each location must have names of their own; rename it');
  node.rotated = index;
}

function addWorker(growing: GrowingZone, { name, address, address6 }: PoolMember, origin: string): void {
  const owner = absoluteName(name, origin);
  const node = growing.at(owner);
  if (node.rotated >= 0) throw new RangeError('a worker must not have the service name or that of a location; rename it');
  node.worker = true;
  if (address !== undefined) growing.add(owner, addressRecord('A', address), workerTtlS);
  if (address6 !== undefined) growing.add(owner, addressRecord('AAAA', address6), workerTtlS);
}

function addStatic(growing: GrowingZone, { name, type, ttlS, value }: ZoneRecord, origin: string): void {
  const owner = absoluteName(name, origin);
  const node = growing.at(owner);
  const ofPool = type === 'A' || type === 'AAAA' || type === 'CNAME';
  if (node.rotated >= 0 && ofPool) throw new RangeError('the addresses of this name come from the pool; choose another name');
  if (node.worker && ofPool) throw new RangeError('this name belongs to a worker; choose another name');
  if (type === 'NS' && owner.toLowerCase() !== origin) throw new RangeError('delegations are not supported; NS can stand only at @');
  growing.add(owner, parseRecord(type, value, origin), ttlS);
}

/** After the static records, so that an address given there takes precedence over ours. */
function addNameserver(growing: GrowingZone, name: string, ourAddress: string, origin: string): void {
  const target = absoluteName(name, origin);
  growing.add(origin, { type: 'NS', target }, nameserverTtlS);
  if (!isInZone(target, origin)) return;
  const { sets, rotated } = growing.at(target);
  if (sets.has('CNAME')) throw new RangeError('a name server must not be an alias (RFC 2181 §10.3)');
  if (rotated >= 0 || sets.has('A') || sets.has('AAAA')) return;
  if (name.endsWith('.')) throw new RangeError('it is in the zone but has no address; add an A or AAAA record for it');
  if (ourAddress === '0.0.0.0' || ourAddress === '::') {
    throw new RangeError(`${ourAddress} is not an address that others can reach; add an A or AAAA record for it`);
  }
  growing.add(target, addressRecord(isIPv4(ourAddress) ? 'A' : 'AAAA', ourAddress), nameserverTtlS);
}

function freeze({ sets, rotated }: GrowingNode): ZoneNode {
  if (sets.has('CNAME') && sets.size > 1) throw new RangeError('CNAME cannot stand beside other records (RFC 2181 §10.1)');
  const frozen = [...sets].map(([type, { ttlS, records }]) => ({ type: typeCodes[type], records: withoutTwins(records, ttlS) }));
  for (const { records } of frozen) {
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    if (bytes > setBytesMax) throw new RangeError(`its records of one type need ${bytes} bytes; at most ${setBytesMax} fit in an answer`);
  }
  const cname = frozen.find(({ type }) => type === typeCodes.CNAME)?.records;
  if (cname !== undefined && cname.length > 1) throw new RangeError('a name can have only one CNAME');
  return { sets: frozen, cname, rotated };
}

/** A set has no two equal records (RFC 2181 §5). */
function withoutTwins(records: readonly RecordData[], ttlS: number): Buffer[] {
  return [...new Map(records.map((data) => encodeRecord(data, ttlS)).map((record) => [rdataOf(record).toString('latin1'), record])).values()];
}

/** Wire form in lower case of the labels left of the apex. */
function labelsBelow(name: string, origin: string): Buffer {
  return encodeName(name).subarray(0, name.length - origin.length);
}
