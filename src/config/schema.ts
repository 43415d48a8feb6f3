/**
 * The shape of the configuration: every option with its default, range and meaning, once. Loading, `check`, the JSON
 * Schema for editors and `docs/CONFIG.md` all come from here, so a description is documentation.
 *
 * Names follow the field (`inter`, `rise`, `fall`, `maxconn`), units stand last (`connectMs`, `negativeTtlS`). Where type
 * and range do not say it all, `expects` completes the sentence "expected …" for error messages and the reference alike.
 */
import { staticTypes } from '../dns/record.js';
import { logLevels } from '../log.js';
import { mapFreePolicyNames, policyNames, policyNeeds, type PolicyName } from '../pool/policies.js';
import { ttlForms, ttlPattern } from '../pool/ttl.js';
import { cache } from './cache-schema.js';
import { dnsName, ipAddress, ipv4Address, ipv6Address, label, ms, nameServer, port, prefix, targetPath, text, z } from './kinds.js';

const policy = (names: readonly PolicyName[]) =>
  z.string().min(1).meta({ expects: `one of ${names.join(', ')}, or the path of a module such as ./my-policy.js` });
/** A worker knows neither where all clients are nor how busy an origin is. */
export const originPolicyNames = mapFreePolicyNames.filter((name) => policyNeeds[name].demand !== true && policyNeeds[name].loads !== true);

const originUrl = z.url({ protocol: /^https?$/ }).meta({ expects: 'a URL such as http://127.0.0.1:9000' });

const originTls = z
  .strictObject({
    ca: text.optional().describe('PEM file of the authorities that vouch for its certificate, instead of those that Node knows.'),
    verify: z.boolean().default(true).describe('`false` takes any certificate: whoever is on the way can be the origin. Warned of at each start.'),
    serverName: dnsName.optional().describe('Name that it is asked for (SNI) and that its certificate must have; by default the host of `url`.'),
  })
  .prefault({});

const originEntry = z.strictObject({
  url: originUrl.describe('`http://HOST:PORT` or `https://HOST:PORT`; a path is not allowed.'),
  name: label.optional().describe('Name in logs and metrics; by default `o1`, `o2`, …'),
  weight: z.int().min(1).max(255).default(1).describe('Relative share under the `weighted` policy.'),
  tls: originTls.describe('TLS with it, version 1.2 at least; for `https:` alone.'),
});

const memberEntry = z.strictObject({
  name: label.describe('Its name; `NAME.ZONE` resolves to it alone.'),
  address: ipv4Address.optional().describe('IPv4 address, answered to A queries.'),
  address6: ipv6Address.optional().describe('IPv6 address, answered to AAAA queries.'),
  port: port.optional().describe('Port for clients; by default `workers.port`.'),
  tlsPort: port.optional().describe('Port for clients over TLS; by default `workers.tlsPort`.'),
  metricsPort: port.optional().describe('Port of `/metrics`; by default `workers.metricsPort`.'),
  weight: z.int().min(1).max(255).default(1).describe('Relative share under the `weighted` policy.'),
  location: label.optional().describe('Where it stands, one of `locations`; `LOCATION.ZONE` resolves to all that stand there. Also a label in service discovery.'),
});

const country = z.string().regex(/^[A-Z]{2}$/).meta({ expects: 'a country of two capital letters (ISO 3166) such as GB' });
const locationEntry = z
  .strictObject({
    workers: z.array(label).max(250).default([]).describe('Names of workers that stand there, beside those that say so themselves (`workers.members[].location`).'),
    networks: z.array(prefix).max(10_000).default([]).describe('Networks of clients that are there, for the policy `nearest`. The longest that fits counts.'),
    countries: z.array(country).max(300).default([]).describe('Countries whose clients are there, by `dns.locationDatabase`; `networks` say more.'),
    continents: z.array(z.enum(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'])).default([]).describe('Continents, likewise; countries say more.'),
  })
  .prefault({}).describe('What a location has; each key is the name of one.');

const locations = z
  .record(label, locationEntry)
  .default({})
  .describe('Where workers stand, by name: `NAME.ZONE` always means the workers there, and `dns.policy: nearest` gives each client those of its own location.');

const serverName = z
  .string()
  .max(253)
  .regex(/^(?:\*\.)?(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/)
  .meta({ expects: 'a name such as www.example.org or *.example.org' });

const certificateEntry = z.strictObject({
  certificate: text.describe('PEM file of the certificate, its chain behind it.'),
  key: text.describe('PEM file of its private key, without a pass phrase.'),
  names: z.array(serverName).min(1).max(1000).optional().describe('Server names (SNI) it is for; `*.` stands for one label. By default the DNS names in the certificate.'),
});

const tls = z
  .strictObject({
    certificates: z.array(certificateEntry).max(1000).default([]).describe('Certificates for `workers.tlsPort`. The first is also for clients that name no server or none of these.'),
    reloadMs: ms().default(10_000).describe('Between two looks at their files; changed ones are for new connections, and broken ones are logged and not used.'),
  })
  .prefault({});

const probe = (defaults: { path: string }) =>
  z
    .strictObject({
      path: targetPath.default(defaults.path).describe('Path asked with GET.'),
      interMs: ms().default(2000).describe('Time between probes of a member whose state is settled and up.'),
      fastinterMs: ms().default(1000).describe('The same while its state is in transition.'),
      downinterMs: ms().default(2000).describe('The same while it is down.'),
      timeoutMs: ms().default(1000).describe('A probe without an answer by then has failed.'),
      rise: z.int().min(1).max(100).default(2).describe('Consecutive good probes that bring a member up.'),
      fall: z.int().min(1).max(100).default(3).describe('Consecutive failed probes that take a member down.'),
      initialState: z.enum(['up', 'down']).default('down').describe('What is assumed before the first probe; the first result settles it at once.'),
      upThresh: z.number().min(0).max(1).default(0.5).describe('Fail open (ignore health) when fewer than this share of the enabled members is up; 0: never. As many must be left for the withdrawal of members to count.'),
    })
    .prefault({});

const tcp = z
  .strictObject({
    connectionsMax: z.int().min(1).max(65535).default(256).describe('Simultaneous TCP connections; beyond it the one idle longest is closed.'),
    idleMs: ms().default(10_000).describe('A connection without a complete query for so long is closed.'),
    pipelineMax: z.int().min(1).max(65535).default(128).describe('Queries read ahead of a client that does not read its answers.'),
  })
  .prefault({});

const recordEntry = z.strictObject({
  name: text.describe('Owner name: relative to the zone, `@` for its apex, or absolute with a final dot.'),
  type: z.enum(staticTypes).describe('Record type.'),
  ttlS: z.int().min(0).max(2_147_483_647).default(300).describe('TTL in seconds.'),
  value: text.describe('As in a zone file: `10 mail.example.org.` for MX, `0 5 5060 sip.example.org.` for SRV, `0 issue "ca.example.org"` for CAA.'),
});

const dns = z
  .strictObject({
    zone: dnsName.default('roundhouse.test').describe('The zone we are authoritative for.'),
    name: label.default('www').describe('The service name in the zone; its addresses are rotated.'),
    address: ipAddress.default('127.0.0.1').describe('Address to listen on, UDP and TCP.'),
    port: port.default(5300).describe('Port to listen on.'),
    metricsAddress: ipAddress.default('127.0.0.1').describe('Address of `/metrics`, `/livez`, `/readyz`.'),
    metricsPort: port.default(9153).describe('Port of the same.'),
    policy: policy(policyNames).default('round-robin').describe('How the workers are ordered in answers.'),
    tail: z.enum(['cyclic', 'shuffled']).default('cyclic').describe('`round-robin`: order behind the first place. `shuffled` spreads the retries of a dead first choice over all others.'),
    ttl: z
      .union([z.int().min(0).max(86_400), z.string().regex(ttlPattern)])
      .meta({ expects: `whole seconds from 0 to 86400, or ${ttlForms}` })
      .default('30/5')
      .describe('TTL of rotated answers: seconds for a constant one; `MAX/MIN` to bound it by the time in which health could change; `S/per-domain`: shorter for networks with more clients, with as many look-ups in all as a constant one of S; `S/per-domain-and-server`: besides longer for workers with more weight.'),
    alarm: z.number().min(0).max(1).optional()
      .describe('A worker that was busy for a larger part of the last `control.load.interMs` is left out of the answers, unless all were; unset: no alarm.'),
    locationDatabase: text.optional().describe('File in MaxMind\'s format (GeoLite2, DB-IP, IPinfo) that knows the country or continent of networks, for `locations`. Read at the start.'),
    answersMax: z.int().min(1).max(100).default(100).describe('At most so many addresses in an answer.'),
    negativeTtlS: z.int().min(0).max(86_400).default(10).describe('How long "no such name" and "no such record" may be cached (SOA minimum).'),
    nameservers: z.array(dnsName).min(1).max(13).default(['ns1']).describe('Names of the zone\'s name servers, relative to the zone or absolute with a final dot; relative ones get our address.'),
    records: z.array(recordEntry).max(10_000).default([]).describe('Further records of the zone.'),
    ednsBytes: z.int().min(512).max(4096).default(1232).describe('Largest UDP response (EDNS).'),
    tcp: tcp.describe('TCP limits.'),
  })
  .prefault({});

export const engineNames = ['native', 'http-proxy'] as const;
export const engineDefault: (typeof engineNames)[number] = 'native';

const workers = z
  .strictObject({
    count: z.int().min(1).max(250).default(4).describe('How many workers `up` runs, unless `members` lists them.'),
    address: ipv4Address.default('127.0.0.11').describe('Address of the first worker; the next ones count up from it.'),
    port: port.default(8080).describe('Port for clients. A records carry no port, so all workers share one.'),
    tlsPort: port.optional().describe('Port for clients over TLS, beside the other; none without. Needs `proxy.tls.certificates`.'),
    metricsPort: port.default(9101).describe('Port of `/metrics`, `/livez`, `/readyz` on the worker\'s own address.'),
    members: z.array(memberEntry).min(1).max(250).optional().describe('The workers one by one, instead of `count` and `address`.'),
    probe: probe({ path: '/readyz' }).describe('How the control process probes workers (on their metrics port).'),
  })
  .prefault({});

const resolver = z
  .strictObject({
    servers: z.array(nameServer).max(10).default([]).describe('Name servers to ask; by default as the system does, with its hosts file.'),
    timeoutMs: ms(60_000).default(2000).describe('For an answer of a name server; each is asked twice.'),
    ttlMinS: z.int().min(1).max(86_400).default(1).describe('Shorter TTLs count as this.'),
    ttlMaxS: z.int().min(1).max(86_400).default(3600).describe('Longer TTLs count as this.'),
    validS: z.int().min(1).max(86_400).default(10).describe('TTL of what has none, such as a name in the hosts file; also the time after which a look-up that failed is tried again.'),
  })
  .prefault({});

const proxy = z
  .strictObject({
    engine: z.enum(engineNames).default(engineDefault).describe('Which HTTP engine serves: `native`, strict and fast; `http-proxy`, on the package of that name and node\'s own HTTP.'),
    policy: policy(originPolicyNames).default('round-robin').describe('How a worker orders the origins; words of `dns.policy`.'),
    host: z.enum(['rewrite', 'keep']).default('rewrite').describe('`rewrite`: the origin sees its own name in Host (and ours in X-Forwarded-Host). `keep`: it sees the name the client asked for.'),
    tls: tls.describe('TLS with clients, versions 1.2 and 1.3, on `workers.tlsPort`. `native` only.'),
    trustedNetworks: z.array(prefix).max(1000).default([]).describe('Clients whose Forwarded, X-Forwarded-* and X-Request-Id fields are believed.'),
    proxyProtocolNetworks: z.array(prefix).max(1000).default([]).describe('Load balancers whose connections must begin with a PROXY protocol header (version 1 or 2), which says who the client is; whatever else they send, their own probes included, is closed and counted. From others such a header is a 400. `native` only.'),
    probe: probe({ path: '/' }).describe('How each worker probes the origins. Any status below 500 is good.'),
    resolver: resolver.describe('How the addresses of origins that have a name are found, and found again when their TTL is over.'),
    timeouts: z
      .strictObject({
        headersMs: ms().default(10_000).describe('For a complete request head; 408 beyond.'),
        requestMs: ms().default(300_000).describe('For a complete request; 408 beyond.'),
        keepAliveMs: ms().default(65_000).describe('Idle client connections are closed after this.'),
        connectMs: ms().default(5000).describe('To connect to an origin; 504 beyond.'),
        responseMs: ms().default(60_000).describe('From the request\'s last byte to the response head; 504 beyond.'),
        idleMs: ms().default(60_000).describe('Between two pieces of a body, either way; the exchange is cut beyond.'),
        originKeepAliveMs: ms().default(30_000).describe('Idle origin connections are closed after this.'),
        originAgeMs: ms().default(3_600_000).describe('An origin connection as old as this is closed when its request is over.'),
        queueMs: ms().default(5000).describe('Waiting for a place; 503 beyond.'),
        lameduckMs: z.int().min(0).max(86_400_000).default(5000).describe('A worker on its own (not under `up`) that is told to stop goes on accepting for so long while `/readyz` says 503.'),
        drainMs: ms().default(10_000).describe('What is in flight when the worker stops may take so long.'),
      })
      .prefault({})
      .describe('Time limits.'),
    limits: z
      .strictObject({
        headerBytes: z.int().min(1024).max(1_048_576).default(16_384).describe('Bytes of all request header fields; 431 beyond.'),
        headersMax: z.int().min(10).max(2000).default(100).describe('Number of request header fields; 431 beyond.'),
        targetBytes: z.int().min(256).max(65_536).default(8192).describe('Bytes of the request target; 414 beyond.'),
        bodyBytes: z.int().min(0).default(1_073_741_824).describe('Bytes of a request body; 413 beyond.'),
        maxconn: z.int().min(1).max(1_000_000).default(1024).describe('Exchanges in flight; beyond it they queue.'),
        maxqueue: z.int().min(0).max(1_000_000).default(1024).describe('Exchanges in the queue; 503 beyond.'),
        connectionsMax: z.int().min(1).max(1_000_000).default(20_000).describe('Client connections; beyond it new ones are closed at once.'),
        originConnectionsMax: z.int().min(1).max(65_535).default(1024).describe('Connections to one origin; beyond it attempts wait in line, up to `timeouts.connectMs`.'),
        originIdleMax: z.int().min(0).max(65_535).default(256).describe('Idle connections kept to one origin; the coldest is closed. 0: none.'),
        originRequestsMax: z.int().min(1).max(1_000_000_000).default(1000).describe('Requests on one connection to an origin, which is closed then.'),
      })
      .prefault({})
      .describe('Sizes and counts.'),
    retries: z
      .strictObject({
        max: z.int().min(0).max(10).default(2).describe('Further attempts on other origins, where the kind of fault allows it.'),
        budgetPercent: z.number().min(0).max(100).default(20).describe('Retries under way, at most this share of the exchanges in flight …'),
        budgetMin: z.int().min(0).max(1000).default(3).describe('… but at least so many.'),
      })
      .prefault({})
      .describe('Retries and their budget.'),
    cache,
    accessLog: z.enum(['all', 'errors', 'off']).default('errors').describe('Which exchanges are logged: every one, those that failed, or none.'),
    accessLogFile: text.default('-').describe('Where to: `-` for standard output, `stderr`, or a file.'),
  })
  .prefault({});

export const configSchema = z.strictObject({
  origins: z
    .array(z.union([originUrl, originEntry])).min(1).max(1000).optional()
    .describe('The master origin, or several equal ones: URLs, or entries with `url`, `name`, `weight`. Without it `up` runs a demo origin.'),
  dns: dns.describe('The DNS side.'),
  workers: workers.describe('The reverse-proxy workers: the pool that DNS rotates.'),
  locations,
  proxy: proxy.describe('What each worker does.'),
  control: z
    .strictObject({
      address: ipAddress.default('127.0.0.1').describe('Address of the admin API. Anything but loopback needs the environment variable ROUNDHOUSE_TOKEN.'),
      port: port.default(9100).describe('Port of the same.'),
      stateFile: text.optional().describe('File that keeps drained and disabled members over a restart of the control process; without it a restart enables all.'),
      load: z
        .strictObject({
          interMs: z.int().min(100).max(86_400_000).default(2000).describe('Time between readings, which is also what utilisation is measured over. The longer, the calmer; the shorter, the sooner a backlog is seen. After three without a reading the load of a worker counts as unknown.'),
        })
        .prefault({})
        .describe('How the workers\' load is read from their `/metrics`; only done when `dns.policy` weighs it or `dns.alarm` is set.'),
    })
    .prefault({})
    .describe('The control process: probes, operator states, admin API.'),
  origin: z
    .strictObject({
      address: ipAddress.default('127.0.0.1').describe('Address of the built-in origin.'),
      port: port.default(9000).describe('Port of the same.'),
      directory: text.optional().describe('Directory to serve as the master origin; without it the demo pages. Not beside `origins`.'),
    })
    .prefault({})
    .describe('The built-in origin, which `up` runs when `origins` is not given.'),
  log: z
    .strictObject({
      level: z.enum(logLevels).default('warn').describe('What is logged, from this level up.'),
      to: text.default('stderr').describe('`stderr`, `-` for standard output, or a file.'),
    })
    .prefault({})
    .describe('The log of all processes: one JSON object a line.'),
});

/** The effective configuration: every default filled in. */
export type Config = z.output<typeof configSchema>;
/** What a person may write. */
export type ConfigInput = z.input<typeof configSchema>;
