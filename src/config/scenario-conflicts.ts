/**
 * What the schema of scenarios cannot see: values that are right alone and wrong together, and sizes whose product would
 * fill the memory. All of them are told at once, as for the configuration.
 */
import { mapFreePolicyNames } from '../pool/policies.js';
import { checkTtl } from '../pool/ttl.js';
import { clientsMax } from '../sim/scenario.js';
import { ServiceError } from '../service.js';
import type { IsGiven } from './document.js';
import type { Path } from './outline.js';
import { isModulePath } from './paths.js';
import { nearest, shown, type Problem } from './problems.js';
import { clientsAtMost, type ScenarioDocument } from './scenario-schema.js';

type Check = (scenario: ScenarioDocument, isGiven: IsGiven) => readonly Problem[];

const checks: readonly Check[] = [
  ...[policies, ttls, probes, population, shares, resolverKinds, clientKinds, sizes],
  ...[arrivals, lawsFit, workerLists, eventWorkers, eventOrder, flashCrowds],
];

export function findScenarioConflicts(scenario: ScenarioDocument, isGiven: IsGiven): Problem[] {
  return checks.flatMap((check) => check(scenario, isGiven));
}

export const workersIn = ({ workers }: Pick<ScenarioDocument, 'workers'>): number => workers.capacities.length || workers.count;

function policies({ authority, events }: ScenarioDocument): Problem[] {
  const named = events.flatMap((event, index) => (event.kind === 'policy' ? [{ path: ['events', index, 'policy'], policy: event.policy }] : []));
  return [{ path: ['authority', 'policy'], policy: authority.policy }, ...named].flatMap(({ path, policy }): Problem[] => {
    if (isModulePath(policy) || mapFreePolicyNames.some((name) => name === policy)) return [];
    const close = nearest(policy, mapFreePolicyNames);
    const hint = close === undefined ? '' : `; did you mean ${close}?`;
    return [{ path, text: `expected one of ${mapFreePolicyNames.join(', ')}, or the path of a module such as ./my-policy.js, got ${shown(policy)}${hint}` }];
  });
}

function ttls({ authority, events }: ScenarioDocument): Problem[] {
  const changed = events.flatMap((event, index) => (event.kind === 'ttl' ? [{ path: ['events', index, 'ttl'], ttl: event.ttl }] : []));
  return [{ path: ['authority', 'ttl'], ttl: authority.ttl }, ...changed].flatMap(({ path, ttl }): Problem[] => {
    try {
      checkTtl(ttl);
      return [];
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return [{ path, text: error.message.replace(/^ttl: /, '') }];
    }
  });
}

function probes({ authority: { probe } }: ScenarioDocument, isGiven: IsGiven): Problem[] {
  if (probe.timeoutMs <= probe.interMs) return [];
  const [timeout, inter] = [['authority', 'probe', 'timeoutMs'], ['authority', 'probe', 'interMs']];
  if (isGiven(timeout)) return [{ path: timeout, about: [inter], text: `expected at most interMs, which is ${probe.interMs}, got ${probe.timeoutMs}` }];
  return [{ path: inter, about: [timeout], text: `expected at least timeoutMs, which is ${probe.timeoutMs}, got ${probe.interMs}; set both` }];
}

function population({ resolvers }: ScenarioDocument, isGiven: IsGiven): Problem[] {
  const { law, count, weights, file } = resolvers.population;
  const at = (key: string): Path => ['resolvers', 'population', key];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (file !== undefined) {
    if (weights.length > 0) return [{ path: at('file'), about: [at('weights')], text: 'this and weights are two ways to say the same; remove one of the two' }];
    return isGiven(at('law')) && law !== 'listed' ? [{ path: at('law'), about: [at('file')], text: `expected listed beside file, got ${shown(law)}` }] : [];
  }
  if ((law === 'listed' || law === 'head') && sum === 0) {
    return [{ path: at(law === 'listed' || isGiven(at('weights')) ? 'weights' : 'law'), text: `expected weights for the law ${law}, got ${shown(weights)}` }];
  }
  if (law !== 'head') return [];
  // Shares as they are published add up to 1 only nearly.
  if (sum > 1 + 1e-9) return [{ path: at('weights'), text: `expected parts of all clients, which sum up to at most 1, got ${sum}` }];
  return weights.length > count ? [{ path: at('weights'), about: [at('count')], text: `expected at most ${count} of them, as count says, got ${weights.length}` }] : [];
}

function shares({ resolvers, clients }: ScenarioDocument): Problem[] {
  const lists: readonly { readonly path: Path; readonly shares: readonly number[] }[] = [
    { path: ['resolvers', 'kinds'], shares: resolvers.kinds.map(({ share }) => share) },
    { path: ['resolvers', 'perClient'], shares: resolvers.perClient },
    { path: ['clients', 'kinds'], shares: clients.kinds.map(({ share }) => share) },
  ];
  const empty = lists.filter(({ shares: list }) => list.every((share) => share === 0));
  return empty.map(({ path }) => ({ path, text: 'expected shares that add up to more than 0, got 0' }));
}

function resolverKinds({ resolvers }: ScenarioDocument): Problem[] {
  return resolvers.kinds.flatMap(({ ttlFloorS, ttlCeilingS }, index): Problem[] => {
    if (ttlFloorS <= ttlCeilingS) return [];
    return [{ path: ['resolvers', 'kinds', index, 'ttlFloorS'], text: `expected at most ttlCeilingS, which is ${ttlCeilingS}, got ${ttlFloorS}` }];
  });
}

function clientKinds({ clients }: ScenarioDocument): Problem[] {
  return clients.kinds.flatMap(({ cacheFloorS, cacheCeilingS }, index): Problem[] => {
    if (cacheFloorS <= cacheCeilingS) return [];
    return [{ path: ['clients', 'kinds', index, 'cacheFloorS'], text: `expected at most cacheCeilingS, which is ${cacheCeilingS}, got ${cacheFloorS}` }];
  });
}

const intervalsMax = 1_000_000;
/** Numbers kept of all workers and intervals, 8 bytes each. */
const cellsMax = 20_000_000;

function sizes(scenario: ScenarioDocument): Problem[] {
  const { durationS, intervalS, events } = scenario;
  const intervals = Math.ceil(durationS / intervalS);
  const total = clientsMax(scenario);
  const found: Problem[] = [];
  const say = (path: Path, text: string): void => void found.push({ path, text });
  if (intervalS > durationS) say(['intervalS'], `expected at most durationS, which is ${durationS}, got ${intervalS}`);
  if (intervals > intervalsMax) say(['intervalS'], `expected at most ${intervalsMax} intervals in durationS, got ${intervals}`);
  else if (intervals * workersIn(scenario) > cellsMax) {
    say(['intervalS'], `expected at most ${cellsMax} intervals of all workers together, got ${intervals * workersIn(scenario)}`);
  }
  if (events.length * durationS > cellsMax) {
    say(['events'], `expected events × durationS of at most ${cellsMax}, since each is followed by the second, got ${events.length * durationS}`);
  }
  if (total > clientsAtMost) say(['events'], `expected at most ${clientsAtMost} clients, those of flash crowds included, got ${total}`);
  return found;
}

function arrivals({ clients }: ScenarioDocument): Problem[] {
  const { hits, think } = clients;
  const found: Problem[] = [];
  if (hits.min > hits.max) found.push({ path: ['clients', 'hits', 'min'], about: [['clients', 'hits', 'max']], text: `expected at most max, which is ${hits.max}, got ${hits.min}` });
  if (clients.arrivals !== 'stream' && think.meanS === 0) {
    found.push({ path: ['clients', 'think', 'meanS'], text: 'expected more than 0: without a pause the simulated clock would stand still, got 0' });
  }
  return found;
}

function lawsFit({ clients, workers }: ScenarioDocument, isGiven: IsGiven): Problem[] {
  return [
    { base: ['clients', 'think'], ...clients.think },
    { base: ['workers', 'service'], ...workers.service },
  ].flatMap(({ base, law, cv2 }): Problem[] => {
    const expected = law === 'lognormal' && cv2 <= 0 ? 'more than 0' : law === 'hyper-exponential' && cv2 <= 1 ? 'more than 1' : undefined;
    if (expected === undefined) return [];
    const path = isGiven([...base, 'cv2']) ? [...base, 'cv2'] : [...base, 'law'];
    return [{ path, about: [[...base, 'law']], text: `expected a cv2 of ${expected} for the law ${law}, got ${cv2}` }];
  });
}

function workerLists(scenario: ScenarioDocument, isGiven: IsGiven): Problem[] {
  const { slots, discipline, weights, absent } = scenario.workers;
  const count = workersIn(scenario);
  const at = (key: string): Path => ['workers', key];
  const found: Problem[] = [];
  if (slots > 1 && discipline !== 'fcfs') {
    found.push({ path: at(isGiven(at('slots')) ? 'slots' : 'discipline'), about: [at('discipline')], text: `expected 1 with ${discipline}, got ${slots}: slots are of fcfs` });
  }
  if (weights.length > 0 && weights.length !== count) {
    found.push({ path: at('weights'), about: [at('count'), at('capacities')], text: `expected ${count} of them, one a worker, got ${weights.length}` });
  }
  if (absent >= count) found.push({ path: at('absent'), about: [at('count'), at('capacities')], text: `expected fewer than there are workers, which is ${count}, got ${absent}` });
  return found;
}

function eventWorkers(scenario: ScenarioDocument): Problem[] {
  const count = workersIn(scenario);
  return scenario.events.flatMap((event, index): Problem[] => {
    if (!('worker' in event) || Number(event.worker.slice(1)) <= count) return [];
    return [{ path: ['events', index, 'worker'], about: [['workers']], text: `expected one of w1 to w${count}, got ${shown(event.worker)}` }];
  });
}

function eventOrder({ events }: ScenarioDocument): Problem[] {
  return events.flatMap(({ atS }, index): Problem[] => {
    const earlier = events[index - 1];
    if (earlier === undefined || earlier.atS <= atS) return [];
    return [{ path: ['events', index, 'atS'], text: `expected events in the order of time, got ${atS} after ${earlier.atS}` }];
  });
}

function flashCrowds({ events, resolvers, clients }: ScenarioDocument): Problem[] {
  const { law, count, weights, file } = resolvers.population;
  const known = file !== undefined ? Infinity : law === 'listed' ? weights.length : count; // a file is counted when it is read
  return events.flatMap((event, index): Problem[] => {
    if (event.kind !== 'flash-crowd') return [];
    const path = (key: string): Path => ['events', index, key];
    const { resolver = 1, factor } = event;
    if (resolver > known) return [{ path: path('resolver'), about: [['resolvers', 'population']], text: `expected a rank from 1 to ${known}, got ${resolver}` }];
    if (clients.arrivals === 'stream') {
      return factor === 1 ? [{ path: path('factor'), about: [['clients', 'arrivals']], text: 'expected a factor other than 1 for a stream, got 1' }] : [];
    }
    return event.clients === 0 ? [{ path: path('clients'), about: [['clients', 'arrivals']], text: 'expected at least 1, got 0' }] : [];
  });
}
