/**
 * One run of one contender of bench/simulator.ts in a process of its own, so that memory and the compiler's state are its own.
 *
 *     npm run build && node dist/bench/simulator-run.js ours|ours-skewed|heap CLIENTS REQUESTS
 *
 * The model, which bench/simulator.py has too: clients think (exponential, mean 15 s) from request to request; a session has
 * 20 requests (geometric) and takes its worker from its resolver's cache, which the authority fills by round-robin for 30 s;
 * ten clients a resolver; 8 workers serve first come first served (exponential), busy two thirds of the time.
 */
import { systemClock } from '../src/clock.js';
import { createRandom } from '../src/random.js';
import type { Scenario } from '../src/sim/scenario.js';
import { simulate } from '../src/sim/simulate.js';
import { inlineMore } from '../src/study/inlining.js';

const thinkS = 15;
const sessionRequests = 20;
const ttlS = 30;
const workers = 8;
const perResolver = 10;
const utilisation = 2 / 3;

/** What every contender prints, as JSON. */
export interface Outcome {
  readonly requests: number;
  readonly addressRequests: number;
  readonly responseMeanS: number;
  readonly cpuS: number;
  readonly wallS: number;
  readonly memoryMb: number;
}

type Counts = Pick<Outcome, 'requests' | 'addressRequests' | 'responseMeanS'>;

const capacityOf = (clients: number): number => clients / thinkS / utilisation;

/** @param skewed Zipf's resolvers and a TTL of 60 s, instead of equal ones and 30 s, where every second look-up misses. */
function scenarioOf(clients: number, durationS: number, skewed: boolean): Scenario {
  return {
    description: 'bench/simulator.ts',
    durationS,
    warmupS: 0,
    intervalS: durationS / 100,
    thresholds: [0.9],
    repetitions: 1,
    authority: {
      policy: 'round-robin',
      tail: 'cyclic',
      ttl: skewed ? 60 : ttlS,
      answersMax: workers,
      upThresh: 0.5,
      demand: { source: 'given', errorPercent: 0 },
      probe: { interMs: 2000, fastinterMs: 1000, downinterMs: 2000, timeoutMs: 1000, rise: 2, fall: 3 },
    },
    resolvers: {
      population: { law: skewed ? 'zipf' : 'uniform', count: Math.ceil(clients / perResolver), exponent: 1, weights: [] },
      kinds: [{ share: 1, order: 'keep', ttlFloorS: 0, ttlCeilingS: 86_400, staleS: 0 }],
      perClient: [1],
    },
    clients: {
      count: clients,
      arrivals: 'open',
      ratePerS: 0,
      session: { law: 'geometric', requestsMean: sessionRequests },
      think: { law: 'exponential', cv2: 1, meanS: thinkS },
      hits: { min: 1, max: 1 },
      kinds: [{ share: 1, choice: 'first', cache: 'session', cacheFloorS: 0, cacheCeilingS: 0, reuseS: 0 }],
      connect: { refusedS: 0, blackHoledS: 0.25 },
    },
    workers: {
      count: workers,
      capacity: capacityOf(clients),
      relative: [],
      capacities: [],
      weights: [],
      slots: 1,
      discipline: 'fcfs',
      service: { law: 'exponential', cv2: 1 },
      absent: 0,
    },
    events: [],
  };
}

function runOurs(clients: number, durationS: number, skewed: boolean): Counts {
  const { requests, addressRequests, response } = simulate(scenarioOf(clients, durationS, skewed), { seed: 1 });
  return { requests, addressRequests, responseMeanS: response.sum / response.count };
}

interface Event {
  readonly atS: number;
  readonly run: () => void;
}

/** What one writes first: an object and a closure for each event, a binary heap of them. */
function createHeap(): { push(event: Event): void; pop(): Event | undefined } {
  const heap: Event[] = [];
  return {
    push(event) {
      let child = heap.length;
      heap.push(event);
      while (child > 0) {
        const parent = (child - 1) >> 1;
        const above = heap[parent]!;
        if (above.atS <= event.atS) break;
        heap[child] = above;
        child = parent;
      }
      heap[child] = event;
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return first;
      let parent = 0;
      for (;;) {
        let child = 2 * parent + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child + 1]!.atS < heap[child]!.atS) child += 1;
        if (heap[child]!.atS >= last.atS) break;
        heap[parent] = heap[child]!;
        parent = child;
      }
      heap[parent] = last;
      return first;
    },
  };
}

/** The same model and nothing more: no policies, no histogram, no intervals. */
function runHeap(clients: number, durationS: number): Counts {
  const random = createRandom(1);
  const exponential = (mean: number): number => -mean * Math.log(1 - random.next());
  const heap = createHeap();
  const serviceS = workers / capacityOf(clients);
  const freeS = Array.from({ length: workers }, () => 0);
  const resolvers = Array.from({ length: Math.ceil(clients / perResolver) }, () => ({ worker: 0, expiresS: -Infinity }));
  let nowS = 0;
  let cursor = 0;
  const counts = { requests: 0, addressRequests: 0, waitedS: 0 };
  for (let index = 0; index < clients; index += 1) {
    const client = { left: 0, worker: 0, resolver: resolvers[Math.floor(index / perResolver)]! };
    const request = (): void => {
      if (client.left === 0) {
        client.left = 1 + Math.floor(Math.log(1 - random.next()) / Math.log(1 - 1 / sessionRequests));
        if (nowS >= client.resolver.expiresS) {
          counts.addressRequests += 1;
          client.resolver.worker = cursor;
          client.resolver.expiresS = nowS + ttlS;
          cursor = (cursor + 1) % workers;
        }
        client.worker = client.resolver.worker;
      }
      client.left -= 1;
      counts.requests += 1;
      const servedS = Math.max(nowS, freeS[client.worker]!) + exponential(serviceS);
      freeS[client.worker] = servedS;
      heap.push({ atS: servedS, run: () => void (counts.waitedS += servedS - requestedS) });
      const requestedS = nowS;
      heap.push({ atS: nowS + exponential(thinkS), run: request });
    };
    heap.push({ atS: exponential(thinkS), run: request });
  }
  for (let event = heap.pop(); event !== undefined && event.atS < durationS; event = heap.pop()) {
    nowS = event.atS;
    event.run();
  }
  return { requests: counts.requests, addressRequests: counts.addressRequests, responseMeanS: counts.waitedS / counts.requests };
}

const [contender, clientsText, requestsText] = process.argv.slice(2);
const clients = Number(clientsText);
const durationS = (Number(requestsText) * thinkS) / clients;
inlineMore(); // as the threads of `roundhouse simulate` do; the heap of objects gets it too
const startedMs = systemClock.monotonicMs();
const before = process.cpuUsage();
const counts = contender === 'heap' ? runHeap(clients, durationS) : runOurs(clients, durationS, contender === 'ours-skewed');
const { user, system } = process.cpuUsage(before);
const outcome: Outcome = {
  ...counts,
  cpuS: (user + system) / 1e6,
  wallS: (systemClock.monotonicMs() - startedMs) / 1000,
  memoryMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
