/**
 * Hidden load: requests that an answer brings after it was given. DNS decides once for all of them, so where an answer is good for
 * many, the rotation is fair to answers and not to workers.
 */
import type { Scenario } from '../../src/sim/scenario.js';
import type { HiddenLoad, ResolverResult } from './result.js';
import type { Round } from './live-round.js';

const shownMax = 20;
/** Up to so many requests an answer, the rotation decides. */
export const directMax = 1.5;

/** @param viaResolver a real resolver stands between; what it answers from its cache is not what DNS answered */
export function hiddenLoadOf(rounds: readonly Round[], scenario: Scenario, viaResolver = false): HiddenLoad {
  return viaResolver ? behindResolver(rounds) : behindMany(rounds, scenario);
}

function behindResolver(rounds: readonly Round[]): HiddenLoad {
  const requests = rounds.reduce((sum, { run }) => sum + run.requests, 0);
  const answers = rounds.reduce((sum, { run }) => sum + run.addressRequests, 0);
  if (answers === 0) return { requestsPerAnswer: 0, resolvers: [], active: 1, meaning: 'How often the resolver asked DNS is not known here.' };
  const meaning = `The resolver asked DNS ${digits(answers / rounds.length)} times a round; each answer was good for ${digits(requests / answers)} requests, in whatever order the resolver hands it out.`;
  return { requestsPerAnswer: requests / answers, resolvers: [], active: 1, meaning };
}

function behindMany(rounds: readonly Round[], scenario: Scenario): HiddenLoad {
  const resolvers = rounds[0]?.measurements.requestsOf.length ?? 0;
  const requests = added(rounds.map(({ measurements }) => measurements.requestsOf), resolvers);
  const answers = added(rounds.map(({ measurements }) => measurements.answersOf), resolvers);
  const all = requests.reduce((sum, each) => sum + each, 0);
  const asked = rounds.reduce((sum, { run }) => sum + run.addressRequests, 0);
  const made = rounds.reduce((sum, { run }) => sum + run.requests, 0);
  const requestsPerAnswer = asked === 0 ? 0 : made / asked;
  const requestsBy = (resolver: number): number => requests[resolver] ?? 0;
  const ranked = [...requests.keys()].filter((resolver) => requestsBy(resolver) > 0).sort((a, b) => requestsBy(b) - requestsBy(a));
  const shown = ranked.slice(0, shownMax).map((resolver): ResolverResult => {
    const own = requestsBy(resolver);
    return { resolver: resolver + 1, share: own / all, requests: own, answers: answers[resolver] ?? 0 };
  });
  const meaning = meaningOf(requestsPerAnswer, shown[0], all, rounds.length, scenario);
  return { requestsPerAnswer, resolvers: shown, active: ranked.length, meaning };
}

function added(series: readonly Float64Array[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const values of series) values.forEach((value, at) => void (sum[at] = (sum[at] as number) + value)); // as long
  return sum;
}

function meaningOf(perAnswer: number, largest: ResolverResult | undefined, all: number, rounds: number, scenario: Scenario): string {
  if (largest === undefined) return 'No request was counted.';
  if (perAnswer === 0) return 'DNS gave no answer in the measured time: requests acted on what was known before.';
  if (largest.answers === 0) return `Each answer was good for ${digits(perAnswer)} requests.`;
  if (perAnswer <= directMax) return `Each answer was good for ${perAnswer.toFixed(2)} requests: DNS decided nearly every one, so the rotation is the load.`;
  const workers = scenario.workers.capacities.length || scenario.workers.count;
  const fair = all / rounds / workers;
  const own = largest.requests / largest.answers;
  const often = (largest.answers / rounds).toFixed(1);
  const spread = reorders(scenario)
    ? 'resolvers and clients that reorder addresses spread them over the workers'
    : 'all of them went to whoever stood first in it';
  return (
    `Each answer was good for ${digits(perAnswer)} requests. The largest resolver had ${percent(largest.share)} of all requests and asked ${often} times a round: ` +
    `each of its answers was worth ${digits(own)} requests, ${percent(own / fair)} of a worker's fair part of the whole round, and ${spread}. ` +
    'A rotation is even over answers, and not over what each of them brings.'
  );
}

/** Does anybody between the authority and the connection change the order? */
function reorders({ resolvers, clients }: Scenario): boolean {
  const resolverDoes = resolvers.kinds.some(({ share, order }) => share > 0 && order !== 'keep');
  return resolverDoes || clients.kinds.some(({ share, choice }) => share > 0 && choice !== 'first');
}

const percent = (part: number): string => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
const digits = (value: number): string => String(Number(value.toPrecision(3)));
