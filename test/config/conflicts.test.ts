import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { originPolicyNames, type ConfigInput } from '../../src/config/schema.js';
import { policyNames } from '../../src/pool/policies.js';

const complaints = (overrides: ConfigInput): string[] => {
  try {
    loadConfig({ overrides });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').map((line) => line.replace(/^config: (.*) \(command line\)$/, '$1'));
    throw error;
  }
  return [];
};

const mapped = { london: { workers: ['w1'], networks: ['10.0.0.0/8'] } };
const pair = { certificate: '/a.pem', key: '/a.key', names: ['*.a.test'] };
const member = (name: string, address: string): { name: string; address: string } => ({ name, address });

describe('values that are right alone and wrong together', () => {
  it.each<[string, ConfigInput, string]>([
    [
      'a cache on disk without one in memory',
      { proxy: { cache: { disk: { directory: '/tmp/cache' } } } },
      'proxy.cache.disk.directory: this has no effect without memory in front of it: set proxy.cache.bytesMax',
    ],
    ['MIN above MAX', { dns: { ttl: '5/30' } }, 'dns.ttl: expected MAX/MIN with MIN not above MAX, got "5/30"; did you mean 30/5?'],
    ['a TTL beyond a day', { dns: { ttl: '99999/5' } }, 'dns.ttl: expected at most 86400 seconds, got "99999/5"'],
    ['the same by domain', { dns: { ttl: '86401/per-domain' } }, 'dns.ttl: expected at most 86400 seconds, got "86401/per-domain"'],
    ['nothing to divide', { dns: { ttl: '0/per-domain-and-server' } }, 'dns.ttl: expected at least 1 second to divide among networks, got "0/per-domain-and-server"'],
    [
      'a slip in the policy',
      { dns: { policy: 'wieghted' } },
      `dns.policy: expected one of ${policyNames.join(', ')}, or the path of a module such as ./my-policy.js, got "wieghted"; did you mean weighted?`,
    ],
    ...(['two-tier', 'least-loaded'] as const).map((policy): [string, ConfigInput, string] => [
      `${policy} for the origins`,
      { proxy: { policy } },
      `proxy.policy: expected one of ${originPolicyNames.join(', ')}, or the path of a module such as ./my-policy.js, got "${policy}", which weighs what only the DNS side knows (dns.policy)`,
    ]),
    ['too many workers for the range', { workers: { count: 10, address: '255.255.255.250' } }, 'workers.count: expected addresses up to 255.255.255.255, got 10 of them from 255.255.255.250 on'],
    ['count beside members', { workers: { count: 2, members: [member('a', '127.0.0.2')] } }, 'workers.count: this has no effect beside workers.members; remove one of the two'],
    ['a member without address', { workers: { members: [{ name: 'a' }] } }, 'workers.members[0]: expected an address, an address6, or both, got neither'],
    ['two members of one name', { workers: { members: [member('a', '127.0.0.2'), member('A', '127.0.0.3')] } }, 'workers.members[1].name: expected one that no other has, got "A" again'],
    ['two members of one address', { workers: { members: [member('a', '127.0.0.2'), member('b', '127.0.0.2')] } }, 'workers.members[1].address: expected one that no other has, got "127.0.0.2" again'],
    [
      'one IPv6 address in two spellings',
      { workers: { members: [{ ...member('a', '127.0.0.2'), address6: '::1' }, { ...member('b', '127.0.0.3'), address6: '0:0:0:0:0:0:0:1' }] } },
      'workers.members[1].address6: expected one that no other has, got "0:0:0:0:0:0:0:1" again',
    ],
    ['probes that outlast their interval', { workers: { probe: { timeoutMs: 3000 } } }, 'workers.probe.timeoutMs: expected at most interMs, which is 2000, got 3000'],
    ['an interval below the time limit', { proxy: { probe: { interMs: 100 } } }, 'proxy.probe.interMs: expected at least timeoutMs, which is 1000, got 100; set both'],
    ['a head that may take longer than its request', { proxy: { timeouts: { requestMs: 5000 } } }, 'proxy.timeouts.requestMs: expected at least headersMs, which is 10000 and part of it, got 5000'],
    [
      'PROXY headers that the engine does not know',
      { proxy: { engine: 'http-proxy', proxyProtocolNetworks: ['10.0.0.0/8'] } },
      'proxy.proxyProtocolNetworks: expected an empty list with proxy.engine http-proxy, which does not know the PROXY protocol; native does',
    ],
    [
      'TLS that the engine does not know',
      { workers: { tlsPort: 8443 }, proxy: { engine: 'http-proxy', tls: { certificates: [pair] } } },
      'proxy.tls.certificates: expected an empty list with proxy.engine http-proxy, which does not know TLS with clients; native does',
    ],
    ['a port of TLS without certificates', { workers: { tlsPort: 8443 } }, 'workers.tlsPort: expected certificates in proxy.tls.certificates beside it, got none'],
    [
      'the same for a member',
      { workers: { members: [{ ...member('a', '127.0.0.2'), tlsPort: 8443 }] } },
      'workers.members[0].tlsPort: expected certificates in proxy.tls.certificates beside it, got none',
    ],
    [
      'certificates without a port',
      { proxy: { tls: { certificates: [pair] } } },
      'proxy.tls.certificates: expected workers.tlsPort beside them, without which they serve nobody',
    ],
    [
      'one port for plain and for TLS',
      { workers: { tlsPort: 8080 }, proxy: { tls: { certificates: [pair] } } },
      'workers.tlsPort: expected a port that is free on 127.0.0.11, got 8080, which workers.port has too',
    ],
    [
      'a worker as its own origin over TLS',
      { origins: ['https://127.0.0.12:8443'], workers: { tlsPort: 8443 }, proxy: { tls: { certificates: [pair] } } },
      'origins[0]: expected an origin, got "https://127.0.0.12:8443", which is our worker w2',
    ],
    ['a wildcard as the first worker', { workers: { address: '0.0.0.0' } }, 'workers.address: expected an address that clients can connect to, got "0.0.0.0"'],
    [
      'a wildcard as a member',
      { workers: { members: [{ name: 'a', address6: '0::0' }] } },
      'workers.members[0].address6: expected an address that clients can connect to, got "0::0"',
    ],
    ['a location that nobody knows', { workers: { members: [{ ...member('a', '127.0.0.2'), location: 'Lodnon' }] }, locations: { london: { workers: ['a'] } } }, 'workers.members[0].location: expected one of `locations`, got "Lodnon"; did you mean london?'],
    ['the same without any', { workers: { members: [{ ...member('a', '127.0.0.2'), location: 'eu' }] } }, 'workers.members[0].location: expected one of `locations`, got "eu"; add it there, with `eu: {}` at least'],
    ['a worker that nobody knows', { locations: { london: { workers: ['w1', 'w22'] } } }, 'locations.london.workers[1]: expected the name of a worker, got "w22"; did you mean w2?'],
    ['a worker in two locations', { locations: { london: { workers: ['w1'] }, paris: { workers: ['w2', 'W1'] } } }, 'locations.paris.workers[1]: expected one that no other has, got "W1" again'],
    ['a worker that says otherwise', { workers: { members: [{ ...member('a', '127.0.0.2'), location: 'london' }] }, locations: { london: { }, paris: { workers: ['a'] } } }, 'locations.paris.workers[0]: expected a worker that stands nowhere else, got "a", whose own location is london; remove one of the two'],
    ['a location without workers', { locations: { london: { networks: ['10.0.0.0/8'] } } }, 'locations.london: expected at least one worker there, got none; name some in `locations.london.workers`, or say `location: london` of them'],
    ['one network twice', { locations: { london: { workers: ['w1'], networks: ['10.0.0.0/8', '11.0.0.0/8'] }, paris: { workers: ['w2'], networks: ['10.5.5.5/8'] } } }, 'locations.paris.networks[0]: expected one that no other has, got "10.5.5.5/8" again'],
    ['one network in two families', { locations: { london: { workers: ['w1'], networks: ['10.0.0.1', '::ffff:10.0.0.1'] } } }, 'locations.london.networks[1]: expected one that no other has, got "::ffff:10.0.0.1" again'],
    ['a location with the service name', { locations: { WWW: { workers: ['w1'] } } }, 'locations.WWW: expected different names for a location and the service, got "WWW" for both'],
    ['a location with a worker\'s name', { locations: { w3: { workers: ['w1'] } } }, 'locations.w3: expected different names for a location and the workers, got "w3" for both'],
    ['a location with a name server\'s name', { locations: { ns1: { workers: ['w1'] } } }, 'locations.ns1: expected different names for a location and the name servers, got "ns1" for both'],
    ['two locations of one name', { locations: { a: { workers: ['w1'] }, A: { workers: ['w2'] } } }, 'locations.A: expected one that no other has, got "A" again'],
    ['a location that is no label', { locations: { 'far.away': { workers: ['w1'] } } }, 'locations.far.away: expected one DNS label: letters, digits, hyphens and underscores, at most 63, as the key, got "far.away"'],
    ['a slip in a key of a location', { locations: { london: { worker: ['w1'] } } } as unknown as ConfigInput, 'locations.london.worker: unknown key; did you mean workers?'],
    ['nearest without a map', { dns: { policy: 'nearest' } }, 'dns.policy: expected locations that say where clients are (`locations.NAME.networks`) beside nearest, got none'],
    ['countries without a database', { locations: { london: { workers: ['w1'], countries: ['GB', 'IE'] } } }, 'locations.london.countries: expected dns.locationDatabase beside it, without which nobody knows them'],
    [
      'a database without countries',
      { dns: { locationDatabase: '/a.mmdb' }, locations: { london: { workers: ['w1'] } } },
      'dns.locationDatabase: expected locations with `countries` or `continents` beside it, without which it says nothing',
    ],
    [
      'one country twice',
      {
        dns: { locationDatabase: '/a.mmdb' },
        locations: { london: { workers: ['w1'], countries: ['GB'] }, paris: { workers: ['w2'], countries: ['GB'] } },
      },
      'locations.paris.countries[0]: expected one that no other has, got "GB" again',
    ],
    ['a country in small letters', { dns: { locationDatabase: '/a.mmdb' }, locations: { london: { workers: ['w1'], countries: ['gb'] } } }, 'locations.london.countries[0]: expected a country of two capital letters (ISO 3166) such as GB, got "gb"'],
    ['an address for a location', { locations: { london: { workers: ['w1'] } }, dns: { records: [{ name: 'London', type: 'A', value: '192.0.2.1' }] } }, 'dns.records[0].name: expected a name whose addresses do not come from the pool, got "London"'],
    ['a worker as its own origin', { origins: ['http://127.0.0.12:8080'] }, 'origins[0]: expected an origin, got "http://127.0.0.12:8080", which is our worker w2'],
    ['a worker that is called like a role', { workers: { members: [member('DNS', '127.0.0.2')] } }, 'workers.members[0].name: expected a name that no other process has, got "DNS"'],
    ['an origin with a path', { origins: ['http://a.test/b'] }, 'origins[0]: expected a URL without path, query and fragment (requests keep their own), got "http://a.test/b"'],
    ['an origin with an empty query', { origins: [{ url: 'http://a.test?' }] }, 'origins[0].url: expected a URL without path, query and fragment (requests keep their own), got "http://a.test?"'],
    ['an origin with credentials', { origins: ['http://me:secret@a.test'] }, 'origins[0]: expected a URL without user name and password, which this proxy would not send'],
    ['two origins of one name', { origins: [{ url: 'http://a.test', name: 'o2' }, 'http://b.test'] }, 'origins[1]: expected one that no other has, got "o2" again'],
    ['one origin twice', { origins: ['http://a.test', 'http://a.test:80/'] }, 'origins[1]: expected one that no other has, got "http://a.test:80/" again'],
    ['a worker with the service name', { dns: { name: 'W2' } }, 'dns.name: expected different names for the service and the workers, got "W2" for both'],
    ['a name server with the service name', { dns: { nameservers: ['www'] } }, 'dns.nameservers[0]: expected different names for the service and the name servers, got "www" for both'],
    ['the same, absolute', { dns: { nameservers: ['www.Roundhouse.test.'] } }, 'dns.nameservers[0]: expected different names for the service and the name servers, got "www" for both'],
    ['a worker with a name server\'s name', { workers: { members: [member('ns1', '127.0.0.2')] } }, 'workers.members[0].name: expected different names for a name server and the workers, got "ns1" for both'],
    ['an address for the service name', { dns: { records: [{ name: 'www', type: 'A', value: '192.0.2.1' }] } }, 'dns.records[0].name: expected a name whose addresses do not come from the pool, got "www"'],
    ['an alias for a worker', { dns: { records: [{ name: 'w1.roundhouse.test.', type: 'CNAME', value: 'x' }] } }, 'dns.records[0].name: expected a name whose addresses do not come from the pool, got "w1.roundhouse.test."'],
    ['a record outside the zone', { dns: { records: [{ name: 'a.example.', type: 'A', value: '192.0.2.1' }] } }, 'dns.records[0].name: expected a name in the zone roundhouse.test, got "a.example."'],
    ['an alias at the apex', { dns: { records: [{ name: '@', type: 'CNAME', value: 'x' }] } }, 'dns.records[0].name: expected a name without other records for a CNAME (RFC 2181 §10.1), got "@"'],
    ['a record of nonsense', { dns: { records: [{ name: 'a', type: 'MX', value: 'mail' }] } }, 'dns.records[0].value: expected `PREFERENCE HOST`, such as `10 mail`, got "mail"'],
    [
      'a directory that nobody would serve',
      { origins: ['http://a.test'], origin: { directory: '/srv' } },
      'origin.directory: only the built-in origin serves a directory, and it does not run beside `origins` (or --origin); remove one of the two',
    ],
    ['TLS for an origin without it', { origins: [{ url: 'http://a.test', tls: { verify: false } }] }, 'origins[0].tls: expected no tls beside "http://a.test", which is not https'],
    ['an address for a server name', { origins: [{ url: 'https://a.test', tls: { serverName: '192.0.2.1' } }] }, 'origins[0].tls.serverName: expected a name, got the address "192.0.2.1"'],
    ...['a.test', '192.0.2.1:0', '192.0.2.1:65536', '::1:53:', '[192.0.2.1]:53', ''].map((server): [string, ConfigInput, string] => [
      `${server} for a name server`,
      { proxy: { resolver: { servers: [server] } } },
      `proxy.resolver.servers[0]: expected an IP address, with a port if it is not 53, such as 127.0.0.1:5300 or [::1]:5300, got ${JSON.stringify(server)}`,
    ]),
    ['two listeners on one port', { control: { port: 9000 } }, 'control.port: expected a port that is free on 127.0.0.1, got 9000, which origin.port has too'],
    ['a worker\'s port and its metrics', { workers: { metricsPort: 8080 } }, 'workers.metricsPort: expected a port that is free on 127.0.0.11, got 8080, which workers.port has too'],
    [
      'the IPv6 address of a worker that has both',
      { workers: { members: [{ ...member('a', '127.0.0.2'), address6: '::1' }] }, control: { address: '0::1', port: 8080 } },
      'control.port: expected a port that is free on 0::1, got 8080, which workers.port has too',
    ],
    [
      'a port of the worker\'s own on its IPv6 address',
      { workers: { members: [{ ...member('a', '127.0.0.2'), address6: '::1', port: 81 }] }, dns: { metricsAddress: '::1', metricsPort: 81 } },
      'workers.members[0].port: expected a port that is free on ::1, got 81, which dns.metricsPort has too',
    ],
    [
      'the metrics of a worker that has IPv6 alone',
      { workers: { members: [{ name: 'a', address6: '::1' }] }, control: { address: '::1', port: 9101 } },
      'control.port: expected a port that is free on ::1, got 9101, which workers.metricsPort has too',
    ],
    ['every address and one of them', { dns: { address: '0.0.0.0', port: 9101 } }, 'dns.port: expected a port that is free on 0.0.0.0, got 9101, which workers.metricsPort has too'],
    ['IPv6\'s every address and an IPv4 one', { control: { address: '::', port: 5300 } }, 'control.port: expected a port that is free on ::, got 5300, which dns.port has too'],
    ['a zone too long for its names', { dns: { zone: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}` } }, 'dns.zone: expected names of at most 253 characters in the zone, got one of 254'],
  ])('%s', (_, input, complaint) => {
    expect(complaints(input)).toEqual([complaint]);
  });

  it('names for the origins those policies that need to know nothing', () => {
    expect(originPolicyNames).toEqual(expect.arrayContaining(['round-robin', 'static-list', 'fixed', 'random', 'weighted', 'affinity']));
    for (const name of ['two-tier', 'dal', 'mrl', 'least-loaded', 'least-utilised', 'least-backlog', 'probabilistic-two-tier']) expect(originPolicyNames).not.toContain(name);
  });

  it.each<[string, ConfigInput]>([
    ['the port of metrics on the IPv6 address of a worker that has both', { workers: { members: [{ ...member('a', '127.0.0.2'), address6: '::1' }] }, control: { address: '::1', port: 9101 } }],
    ['PROXY headers for the engine that knows them', { proxy: { engine: 'native', proxyProtocolNetworks: ['10.0.0.0/8', '::1'] } }],
    ['the other engine without them', { proxy: { engine: 'http-proxy' } }],
    ['TLS on a port for all', { workers: { tlsPort: 8443 }, proxy: { tls: { certificates: [pair] } } }],
    [
      'TLS on a port for one',
      { workers: { members: [{ ...member('a', '127.0.0.2'), tlsPort: 8443 }, member('b', '127.0.0.3')] }, proxy: { tls: { certificates: [pair] } } },
    ],
    ['TLS for an origin that has it', { origins: [{ url: 'https://a.test', tls: { verify: false, serverName: 'b.test' } }, { url: 'http://a.test' }] }],
    ['name servers', { proxy: { resolver: { servers: ['127.0.0.1', '127.0.0.1:5300', '::1', '[::1]', '[2001:db8::1]:5300'] } } }],
    ['a directory for the built-in origin', { origin: { directory: '/srv' } }],
    ['a free port twice', { control: { port: 0 }, dns: { port: 0, metricsPort: 0 } }],
    ['one port on different addresses', { control: { port: 8080 } }],
    ['the origin\'s port when there is no built-in one', { origins: ['http://a.test'], control: { port: 9000 } }],
    ['text beside the service name', { dns: { records: [{ name: 'www', type: 'TXT', value: 'hello' }] } }],
    ['an address for a name server', { dns: { records: [{ name: 'ns1', type: 'A', value: '192.0.2.1' }] } }],
    ['a policy that is a file', { dns: { policy: './mine.js' } }],
    ...policyNames.map((policy): [string, ConfigInput] => [`the policy ${policy}`, { dns: { policy, alarm: 0.9 }, locations: mapped }]),
    ['a location inside another', { locations: { ...mapped, paris: { workers: ['w2'], networks: ['10.1.0.0/16', '::/0'] } } }],
    ['a map of countries alone', { dns: { policy: 'nearest', locationDatabase: '/a.mmdb' }, locations: { paris: { workers: ['w2'], countries: ['FR'], continents: ['EU'] } } }],
    ['text beside a location', { locations: mapped, dns: { records: [{ name: 'london', type: 'TXT', value: 'hello' }] } }],
    ['a TTL by domain with any policy', { dns: { policy: 'fixed', ttl: '240/per-domain' } }],
    ['a TTL by domain and server', { dns: { ttl: '1/per-domain-and-server' } }],
    ['the last addresses there are', { workers: { count: 6, address: '255.255.255.250' } }],
  ])('but not %s', (_, input) => {
    expect(complaints(input)).toEqual([]);
  });
});
