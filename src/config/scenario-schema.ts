/**
 * The shape of a scenario file: every key of `sim/scenario.ts` with its default, range and meaning, once. Loading, `--print`,
 * the JSON Schema for editors and `docs/SCENARIOS.md` come from here, as they do for the configuration from `schema.ts`.
 *
 * The defaults are a small service under two thirds of its capacity, answered as the tier answers by default. Sizes are
 * bounded so that no scenario can fill the memory of a machine by a slip of the finger.
 */
import { mapFreePolicyNames } from '../pool/policies.js';
import { addressChoices, answerOrders, laws, type Scenario } from '../sim/scenario.js';
import { z } from './kinds.js';

/** Ten days are more than anybody waits for, and what is counted by second stays small. */
const durationMaxS = 1_000_000;
const workersMax = 1000;
export const resolversMax = 2_000_000;
export const clientsAtMost = 10_000_000;

const seconds = (least = 0, most = durationMaxS): z.ZodNumber => z.number().min(least).max(most);
const share = z.number().min(0).max(1e12);
const text = z.string().min(1).max(2000).meta({ expects: 'a string that is not empty' });
const policy = text.meta({ expects: `one of ${mapFreePolicyNames.join(', ')}, or the path of a module such as ./my-policy.js` });
const ttl = z
  .union([z.int().min(0).max(86_400), z.string().min(1).max(100)])
  .meta({ expects: 'whole seconds from 0 to 86400, MAX/MIN such as 30/5, or SECONDS/per-domain or SECONDS/per-domain-and-server' });
const worker = z.string().regex(/^w[1-9]\d{0,3}$/).meta({ expects: 'the name of a worker such as w2' });
const cv2 = z.number().min(0).max(10_000).default(1).describe('Squared coefficient of variation, of `lognormal` (above 0) and `hyper-exponential` (above 1).');

const probe = z
  .strictObject({
    interMs: z.int().min(1).max(86_400_000).default(2000).describe('Time between probes of a worker whose state is settled and up.'),
    fastinterMs: z.int().min(1).max(86_400_000).default(1000).describe('The same while its state is in transition.'),
    downinterMs: z.int().min(1).max(86_400_000).default(2000).describe('The same while it is down.'),
    timeoutMs: z.int().min(1).max(86_400_000).default(1000).describe('A probe without an answer by then has failed.'),
    rise: z.int().min(1).max(100).default(2).describe('Consecutive good probes that bring a worker up.'),
    fall: z.int().min(1).max(100).default(3).describe('Consecutive failed probes that take it down.'),
  })
  .prefault({});

const authority = z
  .strictObject({
    policy: policy.default('round-robin').describe('How the workers are ordered in answers; the same words as `dns.policy` of the configuration.'),
    tail: z.enum(['cyclic', 'shuffled']).default('cyclic').describe('`round-robin`: order behind the first place.'),
    ttl: ttl.default('30/5').describe('TTL of the answers, as `dns.ttl` of the configuration.'),
    answersMax: z.int().min(1).max(1000).default(100).describe('At most so many addresses in an answer.'),
    upThresh: z.number().min(0).max(1).default(0.5).describe('Fail open (ignore health) when fewer than this share of the enabled workers is up; 0: never.'),
    alarm: z.number().min(0).max(1).optional().describe('A worker whose utilisation in the last interval exceeded this is left out of answers, unless all are; without it no alarm.'),
    demand: z
      .strictObject({
        source: z.enum(['given', 'estimated']).default('given').describe('What domain-aware policies know of the load of each network: the truth, or what the live server would learn from its queries.'),
        errorPercent: z.number().min(0).max(100).default(0).describe('`given`: each rate is off by a factor drawn uniformly from 1 ± this/100.'),
      })
      .prefault({})
      .describe('Where requests come from, as policies know it.'),
    probe: probe.describe('How deaths are noticed; as `workers.probe` of the configuration.'),
  })
  .prefault({});

const resolverKind = z.strictObject({
  share: share.default(1).describe('Relative share of the resolvers; which one is of which kind is drawn.'),
  order: z.enum(answerOrders).default('keep').describe('What it does to a cached list: nothing, a rotation from a uniform start, from a cursor of its own, a uniform shuffle.'),
  ttlFloorS: seconds().default(0).describe('A shorter TTL is prolonged to this.'),
  ttlCeilingS: seconds().default(86_400).describe('A longer TTL is cut to this.'),
  staleS: seconds().default(0).describe('What is expired is handed out so much longer (a stale tail); 0: never.'),
});

const resolvers = z
  .strictObject({
    population: z
      .strictObject({
        law: z
          .enum(['uniform', 'zipf', 'head', 'listed'])
          .default('zipf')
          .describe('How clients spread over resolvers. `uniform`: equally; `zipf`: the k-th has 1/k^exponent; `head`: the first have the shares in `weights` (parts of all clients), the rest is `zipf`; `listed`: relative `weights`, one a resolver.'),
        count: z.int().min(1).max(resolversMax).default(100).describe('How many resolvers; `listed` has as many as there are weights.'),
        exponent: z.number().min(0).max(10).default(1).describe('Of `zipf`; 0 is uniform.'),
        weights: z.array(share).max(100_000).default([]).describe('Of `head` and `listed`.'),
        file: text.optional().describe('A text file of weights for `listed`, one a line; `#` starts a comment. Instead of `weights`.'),
      })
      .prefault({})
      .describe('Who asks: how many resolvers, and which part of the clients is behind each.'),
    kinds: z.array(resolverKind).min(1).max(100).prefault([{}]).describe('What resolvers do to answers.'),
    perClient: z.array(share).min(1).max(8).default([1]).describe('Relative shares of clients that use 1, 2, 3, … resolvers; a look-up takes one of them at random.'),
  })
  .prefault({});

const clientKind = z.strictObject({
  share: share.default(1).describe('Relative share of the clients.'),
  choice: z.enum(addressChoices).default('first').describe('Which address it takes: the first, a random one, the nearest by RFC 6724 rule 9, the one it had if still listed.'),
  cache: z.enum(['session', 'ttl']).default('ttl').describe('`session`: one look-up a session, then pinned to its address. `ttl`: as long as the TTL says, within floor and ceiling.'),
  cacheFloorS: seconds().default(0).describe('`ttl`: it keeps an address at least so long.'),
  cacheCeilingS: seconds().default(86_400).describe('`ttl`: and at most so long; 0: it caches nothing.'),
  reuseS: seconds().default(0).describe('An open connection is used again when the last request began less than so long ago; 0: never.'),
});

const clients = z
  .strictObject({
    count: z.int().min(1).max(clientsAtMost).default(500).describe('How many clients there are.'),
    arrivals: z
      .enum(['open', 'closed', 'stream'])
      .default('open')
      .describe('`open`: think time runs from request to request. `closed`: from the response to the next request. `stream`: requests come at `ratePerS`, each by a client drawn anew and each a session of its own.'),
    ratePerS: z.number().min(0.000_001).max(10_000_000).default(100).describe('`stream`: requests a second.'),
    session: z
      .strictObject({
        law: z.enum(['geometric', 'fixed']).default('geometric').describe('How session lengths vary.'),
        requestsMean: z.number().min(1).max(1_000_000).default(20).describe('Requests in a session, on average.'),
      })
      .prefault({})
      .describe('Requests that belong together.'),
    think: z
      .strictObject({
        law: z.enum(laws).default('exponential').describe('How think times vary.'),
        cv2,
        meanS: seconds().default(15).describe('Think time, on average.'),
      })
      .prefault({})
      .describe('The pause between two requests of a client, sessions included.'),
    hits: z
      .strictObject({
        min: z.int().min(1).max(1_000_000).default(5).describe('Fewest hits of a request.'),
        max: z.int().min(1).max(1_000_000).default(15).describe('Most hits of a request; uniform between the two.'),
      })
      .prefault({})
      .describe('The work of a request, in hits.'),
    kinds: z.array(clientKind).min(1).max(100).prefault([{}]).describe('What clients do with answers.'),
    connect: z
      .strictObject({
        refusedS: seconds(0, 3600).default(0).describe('What finding out costs that an address refuses.'),
        blackHoledS: seconds(0, 3600).default(0.25).describe('What each address costs that says nothing (RFC 8305 §5).'),
      })
      .prefault({})
      .describe('Connecting to workers that are gone; the next address is tried.'),
  })
  .prefault({});

const workers = z
  .strictObject({
    count: z.int().min(1).max(workersMax).default(4).describe('How many workers: w1, w2, …'),
    capacity: z.number().min(0.001).max(1e9).default(500).describe('Hits a second, of all together.'),
    relative: z.array(z.number().min(0.000_001).max(1e9)).max(workersMax).default([]).describe('Relative capacities, repeated over the workers; none: equal.'),
    capacities: z.array(z.number().min(0.000_001).max(1e9)).max(workersMax).default([]).describe('Absolute capacities, one a worker; then `count`, `capacity` and `relative` do not count.'),
    weights: z.array(z.int().min(1).max(255)).max(workersMax).default([]).describe('The weight of each that policies see; none: in proportion to capacity, the largest 100.'),
    slots: z.int().min(1).max(10_000).default(1).describe('`fcfs`: requests that a worker serves at the same time, each at capacity/slots.'),
    discipline: z.enum(['fcfs', 'processor-sharing']).default('fcfs').describe('In order of arrival, or all at once with equal parts of the capacity.'),
    service: z
      .strictObject({ law: z.enum(laws).default('exponential').describe('How the work of a hit varies; its mean is 1.'), cv2 })
      .prefault({})
      .describe('The work of one hit.'),
    absent: z.int().min(0).max(workersMax - 1).default(0).describe('The last so many are not there until an event adds them.'),
  })
  .prefault({});

const atS = seconds().describe('When, in seconds from the beginning of the measured time.');
const named = worker.describe('Which worker.');

const event = z.discriminatedUnion('kind', [
  z.strictObject({
    atS,
    kind: z.literal('worker-dies').describe('It stops serving at once, and what it has in hand fails; probes find out.'),
    worker: named,
    how: z.enum(['refuse', 'black-hole']).default('refuse').describe('Whether later attempts to connect are refused, or get no answer.'),
  }),
  z.strictObject({ atS, kind: z.literal('worker-returns').describe('It serves again, with empty queues; probes find out.'), worker: named }),
  z.strictObject({ atS, kind: z.literal('worker-drains').describe('The operator takes it out of the answers; it serves whoever still comes.'), worker: named }),
  z.strictObject({ atS, kind: z.literal('worker-enabled').describe('The operator puts it (back) into the answers; an absent one for the first time.'), worker: named }),
  z.strictObject({ atS, kind: z.literal('ttl').describe('The TTL changes.'), ttl: ttl.describe('As `authority.ttl`.') }),
  z.strictObject({ atS, kind: z.literal('policy').describe('The policy changes.'), policy: policy.describe('As `authority.policy`.') }),
  z.strictObject({
    atS,
    kind: z.literal('flash-crowd').describe('More clients for a while; with `stream` arrivals a higher rate.'),
    durationS: seconds(0.001).describe('For how long.'),
    clients: z.int().min(0).max(clientsAtMost).default(0).describe('How many more clients.'),
    factor: z.number().min(0).max(1000).default(1).describe('`stream`: so many times the rate.'),
    resolver: z.int().min(1).max(resolversMax).optional().describe('Behind the resolver of this rank (1 is the largest); by default behind all.'),
  }),
]);

const sweepValues = z
  .array(z.union([z.number(), z.string(), z.boolean(), z.array(z.unknown())]))
  .min(1)
  .max(1000);

export const scenarioSchema = z.strictObject({
  description: z.string().max(2000).default('').describe('A sentence or two for people; the first line is shown in lists.'),
  durationS: seconds(0.001).default(3600).describe('Measured time, after the warm-up.'),
  warmupS: seconds().default(600).describe('Simulated first and not measured.'),
  intervalS: seconds(0.001).default(16).describe('Of utilisation: its maximum over the workers is taken per interval. The alarm looks at the same one.'),
  thresholds: z.array(z.number().min(0).max(1)).max(20).default([0.9, 0.98]).describe('P(maximum utilisation < threshold) is reported for each.'),
  repetitions: z.int().min(1).max(10_000).default(5).describe('Runs with different random numbers, for confidence intervals.'),
  authority: authority.describe('The DNS server: what it answers.'),
  resolvers: resolvers.describe('The caching resolvers between clients and the DNS server.'),
  clients: clients.describe('Who makes the requests.'),
  workers: workers.describe('Who serves them.'),
  events: z.array(event).max(1000).default([]).describe('What happens on the way.'),
  sweep: z
    .record(z.string().min(1).max(200), sweepValues)
    .optional()
    .describe('Keys and the values each takes in turn, all combinations, when the command line has no `--sweep`: `authority.policy: [round-robin, static-list]`.'),
});

/** A scenario file with every default filled in: a `Scenario`, and what was still to be done when it was read. */
export type ScenarioDocument = z.output<typeof scenarioSchema>;

/** The simulator takes what the schema makes: this does not compile otherwise. */
export const asScenario = ({ sweep: _sweep, ...scenario }: ScenarioDocument): Scenario => scenario;
