/**
 * What the schema cannot see: values that are right alone and wrong together.
 *
 * Each check is a function from the whole configuration to problems, so that all of them are told at once. Of two keys in
 * conflict the one that somebody wrote is to blame, not the one that has its default.
 */
import { absoluteName, parseRecord } from '../dns/record.js';
import { policyNames, type PolicyName } from '../pool/policies.js';
import type { IsGiven } from './document.js';
import { addressAt, workersOf } from './effective.js';
import { locationConflicts, locationNames } from './location-conflicts.js';
import { canonicalAddress, portClashes } from './listeners.js';
import { originConflicts } from './origin-conflicts.js';
import type { Path } from './outline.js';
import { isModulePath } from './paths.js';
import { nearest, shown, type Problem } from './problems.js';
import { originPolicyNames, type Config } from './schema.js';
import { twins, type Entry } from './twins.js';

type Check = (config: Config, isGiven: IsGiven) => readonly Problem[];

const checks: readonly Check[] = [
  ...[ttl, policies, workerList, memberAddresses, wildcardAddresses, probes, timeouts],
  ...[engineOptions, tlsPorts, diskCache, originConflicts, locationConflicts, names, records, portClashes],
];

export function findConflicts(config: Config, isGiven: IsGiven): Problem[] {
  return checks.flatMap((check) => check(config, isGiven));
}

function ttl({ dns }: Config): Problem[] {
  if (typeof dns.ttl === 'number') return [];
  const [most = 0, least = 0] = dns.ttl.split('/').map(Number); // NaN for the words of `240/per-domain`, which bound nothing
  const path = ['dns', 'ttl'];
  if (most > 86_400) return [{ path, text: `expected at most 86400 seconds, got ${shown(dns.ttl)}` }];
  if (most === 0 && Number.isNaN(least)) return [{ path, text: `expected at least 1 second to divide among networks, got ${shown(dns.ttl)}` }];
  if (least > most) return [{ path, text: `expected MAX/MIN with MIN not above MAX, got ${shown(dns.ttl)}; did you mean ${least}/${most}?` }];
  return [];
}

function diskCache({ proxy }: Config): Problem[] {
  const { bytesMax, disk } = proxy.cache;
  if (disk.directory === undefined || bytesMax > 0) return [];
  const path = ['proxy', 'cache', 'disk', 'directory'];
  return [{ path, about: [['proxy', 'cache', 'bytesMax']], text: 'this has no effect without memory in front of it: set proxy.cache.bytesMax' }];
}

function policies({ dns, proxy }: Config): Problem[] {
  return [...wrongPolicy(['dns', 'policy'], dns.policy, policyNames), ...wrongPolicy(['proxy', 'policy'], proxy.policy, originPolicyNames)];
}

function wrongPolicy(path: Path, policy: string, names: readonly PolicyName[]): Problem[] {
  if (isModulePath(policy) || names.some((name) => name === policy)) return [];
  const got = `expected one of ${names.join(', ')}, or the path of a module such as ./my-policy.js, got ${shown(policy)}`;
  if (policyNames.some((name) => name === policy)) return [{ path, text: `${got}, which weighs what only the DNS side knows (dns.policy)` }];
  const close = nearest(policy, names);
  return [{ path, text: close === undefined ? got : `${got}; did you mean ${close}?` }];
}

function workerList({ workers }: Config, isGiven: IsGiven): Problem[] {
  const { members, address, count } = workers;
  if (members === undefined) {
    if (addressAt(address, count - 1) !== undefined) return [];
    const path = isGiven(['workers', 'count']) ? ['workers', 'count'] : ['workers', 'address'];
    return [{ path, about: [['workers', 'address']], text: `expected addresses up to 255.255.255.255, got ${count} of them from ${address} on` }];
  }
  return ['count', 'address']
    .map((key) => ['workers', key])
    .filter(isGiven)
    .map((path) => ({ path, about: [['workers', 'members']], text: 'this has no effect beside workers.members; remove one of the two' }));
}

/** What the reference engine does not do must not be believed to be done. */
function engineOptions({ proxy }: Config): Problem[] {
  if (proxy.engine === 'native') return [];
  const lists = [
    { path: ['proxy', 'proxyProtocolNetworks'], list: proxy.proxyProtocolNetworks, what: 'the PROXY protocol' },
    { path: ['proxy', 'tls', 'certificates'], list: proxy.tls.certificates, what: 'TLS with clients' },
  ].filter(({ list }) => list.length > 0);
  return lists.map(({ path, what }) => {
    const text = `expected an empty list with proxy.engine ${proxy.engine}, which does not know ${what}; native does`;
    return { path, about: [['proxy', 'engine']], text };
  });
}

/** One without the other serves nobody. */
function tlsPorts(config: Config): Problem[] {
  const { workers, proxy } = config;
  const certificates = ['proxy', 'tls', 'certificates'];
  const ports: readonly { readonly path: Path; readonly port: number | undefined }[] = [
    { path: ['workers', 'tlsPort'], port: workers.tlsPort },
    ...(workers.members ?? []).map(({ tlsPort }, index) => ({ path: ['workers', 'members', index, 'tlsPort'], port: tlsPort })),
  ];
  const given = ports.filter(({ port }) => port !== undefined);
  if (proxy.tls.certificates.length === 0) {
    const text = 'expected certificates in proxy.tls.certificates beside it, got none';
    return given.map(({ path }) => ({ path, about: [certificates], text }));
  }
  const text = 'expected workers.tlsPort beside them, without which they serve nobody';
  return given.length > 0 ? [] : [{ path: certificates, about: [['workers', 'tlsPort']], text }];
}

/** An A record of 0.0.0.0 leads nobody anywhere. */
function wildcardAddresses({ workers }: Config): Problem[] {
  const given = workers.members ?? [{ address: workers.address, address6: undefined }];
  return given.flatMap((member, index) =>
    (['address', 'address6'] as const).flatMap((key): Problem[] => {
      const value = member[key];
      if (value === undefined || !['0.0.0.0', '::'].includes(canonicalAddress(value))) return [];
      const path = workers.members === undefined ? ['workers', key] : ['workers', 'members', index, key];
      return [{ path, text: `expected an address that clients can connect to, got ${shown(value)}` }];
    }),
  );
}

function memberAddresses({ workers }: Config): Problem[] {
  const { members = [] } = workers;
  const entries = (key: 'name' | 'address' | 'address6', norm: (value: string) => string): Entry[] =>
    members.flatMap((member, index) => {
      const value = member[key];
      return value === undefined ? [] : [{ path: ['workers', 'members', index, key], value: norm(value), shown: value }];
    });
  const homeless = members.flatMap(({ address, address6 }, index): Problem[] =>
    address === undefined && address6 === undefined ? [{ path: ['workers', 'members', index], text: 'expected an address, an address6, or both, got neither' }] : [],
  );
  return [
    ...homeless,
    ...twins(entries('name', (name) => name.toLowerCase())),
    ...twins(entries('address', canonicalAddress)),
    ...twins(entries('address6', canonicalAddress)),
  ];
}

function probes({ workers, proxy }: Config, isGiven: IsGiven): Problem[] {
  return [
    { base: ['workers', 'probe'], probe: workers.probe },
    { base: ['proxy', 'probe'], probe: proxy.probe },
  ].flatMap(({ base, probe }) => {
    if (probe.timeoutMs <= probe.interMs) return [];
    const [timeout, inter] = [[...base, 'timeoutMs'], [...base, 'interMs']];
    if (isGiven(timeout)) return [{ path: timeout, about: [inter], text: `expected at most interMs, which is ${probe.interMs}, got ${probe.timeoutMs}` }];
    return [{ path: inter, about: [timeout], text: `expected at least timeoutMs, which is ${probe.timeoutMs}, got ${probe.interMs}; set both` }];
  });
}

function timeouts({ proxy }: Config, isGiven: IsGiven): Problem[] {
  const { headersMs, requestMs } = proxy.timeouts; // node:http refuses to start otherwise
  if (headersMs <= requestMs) return [];
  const headers = ['proxy', 'timeouts', 'headersMs'];
  const request = ['proxy', 'timeouts', 'requestMs'];
  if (isGiven(headers)) return [{ path: headers, about: [request], text: `expected at most requestMs, which is ${requestMs} and includes it, got ${headersMs}` }];
  return [{ path: request, about: [headers], text: `expected at least headersMs, which is ${headersMs} and part of it, got ${requestMs}` }];
}

/** Who owns a name of the zone: the service, a location, a worker, or a name server that has no record of its own. */
function names(config: Config, isGiven: IsGiven): Problem[] {
  const { dns } = config;
  const service = { path: ['dns', 'name'], value: dns.name.toLowerCase(), shown: dns.name };
  const workers = workersOf(config).map(({ name, index }) => ({
    path: config.workers.members === undefined ? ['workers', 'count'] : ['workers', 'members', index, 'name'],
    value: name.toLowerCase(),
    shown: name,
  }));
  const suffix = `.${dns.zone.replace(/\.$/, '')}.`.toLowerCase();
  const servers = dns.nameservers.map((name, index) => {
    const lower = name.toLowerCase();
    return { path: ['dns', 'nameservers', index], value: lower.endsWith(suffix) ? lower.slice(0, -suffix.length) : lower, shown: name };
  });
  return [
    ...collisions(service, 'the service', workers, 'the workers', isGiven),
    ...collisions(service, 'the service', servers, 'the name servers', isGiven),
    ...servers.flatMap((server) => collisions(server, 'a name server', workers, 'the workers', isGiven)),
    ...locationNames(config).flatMap((location) => [
      ...collisions(location, 'a location', [service], 'the service', isGiven),
      ...collisions(location, 'a location', workers, 'the workers', isGiven),
      ...collisions(location, 'a location', servers, 'the name servers', isGiven),
    ]),
    ...twins(servers),
    ...workers.filter(({ value }) => roles.has(value)).map(ofRole),
    ...tooLong(config),
  ];
}

/** Logs and signals tell the processes of a tier apart by these. */
const roles: ReadonlySet<string> = new Set(['dns', 'origin', 'control']);
const ofRole = ({ path, shown: name }: Entry): Problem => ({ path, text: `expected a name that no other process has, got ${shown(name)}` });

function collisions(owner: Entry, role: string, others: readonly Entry[], roles: string, isGiven: IsGiven): Problem[] {
  const same = others.filter(({ value }) => value === owner.value);
  return same.map((other) => {
    const [path, about] = isGiven(owner.path) || !isGiven(other.path) ? [owner.path, other.path] : [other.path, owner.path];
    return { path, about: [about], text: `expected different names for ${role} and ${roles}, got ${shown(owner.shown)} for both` };
  });
}

function tooLong(config: Config): Problem[] {
  const owners = [config.dns.name, ...Object.keys(config.locations), ...workersOf(config).map(({ name }) => name)];
  const longest = Math.max(...owners.map((name) => name.length));
  const length = longest + 1 + config.dns.zone.replace(/\.$/, '').length;
  return length <= 253 ? [] : [{ path: ['dns', 'zone'], text: `expected names of at most 253 characters in the zone, got one of ${length}` }];
}

type ZoneRecord = Config['dns']['records'][number];

function records(config: Config): Problem[] {
  const { dns } = config;
  const apex = dns.zone.replace(/\.$/, '').toLowerCase();
  const ownerOf = ({ name }: Pick<ZoneRecord, 'name'>): string =>
    (name === '@' ? apex : name.endsWith('.') ? name.slice(0, -1) : `${name}.${apex}`).toLowerCase();
  const pooledNames = [dns.name, ...Object.keys(config.locations), ...workersOf(config).map(({ name }) => name)];
  const pooled = new Set(pooledNames.map((name) => ownerOf({ name })));
  const typesAt = new Map<string, Set<string>>();
  for (const record of dns.records) typesAt.set(ownerOf(record), (typesAt.get(ownerOf(record)) ?? new Set()).add(record.type));

  function misplaced(record: ZoneRecord): string | undefined {
    const owner = ownerOf(record);
    if (owner !== apex && !owner.endsWith(`.${apex}`)) return `a name in the zone ${apex}`;
    if (['A', 'AAAA', 'CNAME'].includes(record.type) && pooled.has(owner)) return 'a name whose addresses do not come from the pool';
    if (record.type === 'NS' && owner !== apex) return '@, since delegations are not supported';
    const alone = owner !== apex && typesAt.get(owner)?.size === 1;
    return record.type === 'CNAME' && !alone ? 'a name without other records for a CNAME (RFC 2181 §10.1)' : undefined;
  }

  return dns.records.flatMap((record, index): Problem[] => {
    const flaw = malformed(record, apex);
    if (flaw !== undefined) return [{ path: ['dns', 'records', index, flaw.key], text: flaw.text }];
    const expected = misplaced(record);
    return expected === undefined ? [] : [{ path: ['dns', 'records', index, 'name'], text: `expected ${expected}, got ${shown(record.name)}` }];
  });
}

interface RecordFlaw {
  readonly key: 'name' | 'value';
  readonly text: string;
}

/** What the DNS side would refuse at its start, told here with the line. */
function malformed({ name, type, value }: ZoneRecord, zone: string): RecordFlaw | undefined {
  const attempt = (key: RecordFlaw['key'], given: string, parse: () => unknown): RecordFlaw | undefined => {
    try {
      parse();
      return undefined;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { key, text: `${error.message}, got ${shown(given)}` };
    }
  };
  return attempt('name', name, () => absoluteName(name, zone)) ?? attempt('value', value, () => parseRecord(type, value, zone));
}
