/**
 * What `simulate --json` prints, as JSON Schema: the keys of a summary with their meaning. A key that the type has and this has
 * not, or the other way round, does not compile.
 */
import type { ChangeSummary, Estimate, MovedAfter, Summary, WorkerSummary } from '../sim/summary.js';

export interface SchemaNode {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

type Keys<Value> = Readonly<Record<keyof Value & string, SchemaNode>>;

const object = (properties: Readonly<Record<string, SchemaNode>>, description?: string): SchemaNode => ({
  ...(description === undefined ? {} : { description }),
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const text = (description: string): SchemaNode => ({ type: 'string', description });
const number = (description: string): SchemaNode => ({ type: 'number', minimum: 0, description });
const part = (description: string): SchemaNode => ({ type: 'number', minimum: 0, maximum: 1, description });
const count = (description: string): SchemaNode => ({ type: 'integer', minimum: 0, description });
const orNull = (description: string): SchemaNode => ({ type: ['number', 'null'], minimum: 0, description });
const list = (items: SchemaNode, description: string): SchemaNode => ({ type: 'array', items, description });

const halfWidth = orNull('Half the width of the 95 % confidence interval over the repetitions (Student); null for one repetition.');
const estimate: Keys<Estimate> = { mean: number('Mean over the repetitions.'), halfWidth };

const movedAfter: Keys<MovedAfter> = {
  p50: orNull('Seconds until half of the requests acted on an answer given after the change; null: not in the time simulated.'),
  p90: orNull('The same for 90 %.'),
  p99: orNull('The same for 99 %.'),
};

const worker: Keys<WorkerSummary> = {
  name: text('w1, w2, …'),
  capacity: number('Hits a second.'),
  share: part('Its part of all requests.'),
  utilisation: part('Busy part of the measured time.'),
  failedAttempts: number('Connection attempts that it refused or left without an answer.'),
};

const change: Keys<ChangeSummary> = {
  atS: number('When, in seconds of the measured time.'),
  kind: text('Kind of the event.'),
  what: text('The event for people.'),
  noticedAfterS: orNull('Seconds until answers took it into account; null: never.'),
  movedAfter: object(movedAfter, 'Until requests moved.'),
};

const series: Keys<Summary['series']> = {
  maxUtilisation: list({ type: 'number' }, 'Maximum utilisation by interval, of the first repetition.'),
  utilisation: list({ type: 'array', items: { type: 'number' } }, 'Utilisation of each worker by interval, of the first repetition.'),
  cumulative: list({ type: 'number' }, 'P(maximum utilisation ≤ x) at x = 0, 0.01, … 1, of all intervals of all repetitions.'),
  response: list({ type: 'array', items: { type: 'number' } }, 'Response times: pairs of an upper bound in seconds and the part of the responses up to it.'),
};

const summary: Keys<Summary> = {
  scenario: text('Name or path of the scenario.'),
  policy: text('authority.policy.'),
  ttl: text('authority.ttl.'),
  seed: count('Seed of the study.'),
  repetitions: count('Repetitions that the figures are of.'),
  partial: { type: 'boolean', description: 'Fewer repetitions, or shorter ones, than asked for.' },
  measuredS: number('Simulated seconds that were measured, of a repetition.'),
  intervalS: number('Interval of utilisation.'),
  alarm: orNull('Alarm threshold; null: none.'),
  arrivals: text('open, closed or stream.'),
  choices: text('Which address clients take, with relative shares.'),
  maxUtilisation: object(
    {
      ...estimate,
      p50: part('Median over the intervals.'),
      p95: part('95th percentile over the intervals.'),
      below: {
        type: 'object',
        additionalProperties: object(estimate),
        description: 'P(maximum utilisation < threshold) by threshold as written with two digits or more: 0.90.',
      },
    } satisfies Keys<Summary['maxUtilisation']>,
    'The largest utilisation of a worker, per interval.',
  ),
  workers: list(object(worker), 'One a worker.'),
  fairness: object(
    {
      jain: part('Jain index; 1 is even.'),
      maxOverMean: number('Largest over mean.'),
      cv: number('Coefficient of variation.'),
    } satisfies Keys<Summary['fairness']>,
    'Of requests by worker, relative to capacity.',
  ),
  peakOverMean: object(estimate, 'Largest over mean by interval, averaged over the intervals: what the long run averages away.'),
  addressRequestsPerSession: number('Questions that reached the authority, per session.'),
  controlledShare: number('Address requests ÷ requests: how much the authority decided afresh.'),
  response: object(
    {
      mean: number('Mean.'),
      p50: number('Median.'),
      p95: number('95th percentile.'),
      p99: number('99th percentile.'),
    } satisfies Keys<Summary['response']>,
    'Seconds from the first attempt to connect to the response.',
  ),
  requests: count('Made in the measured time = completed + failed + unfinished.'),
  completedRequests: count('Requests that were answered.'),
  failedRequests: count('No address worked, or the worker died with the request in hand.'),
  unfinishedRequests: count('Still in service at the end.'),
  sessions: count('Sessions begun.'),
  addressRequests: count('Questions that reached the authority.'),
  extraConnectS: number('Seconds that failed attempts added to connecting, all requests together.'),
  movedAfter: { anyOf: [object(movedAfter), { type: 'null' }], description: 'Of the first change; null when there is none.' },
  changes: list(object(change), 'All events.'),
  series: object(series, 'What is drawn.'),
  events: count('Simulated events, all repetitions.'),
  wallSeconds: number('Of the wall clock; the only number here that differs from run to run.'),
};

const point: SchemaNode = object({ set: { type: 'object', description: 'What distinguishes the point, by key.' }, ...summary });

export const resultSchema: SchemaNode & Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Roundhouse simulation',
  description: 'What `roundhouse simulate --json` prints: one summary, or those of all points of a sweep.',
  anyOf: [
    object(summary),
    object({ partial: { type: 'boolean', description: 'Points are missing, or partial.' }, points: list(point, 'In order of the sweep.') }),
  ],
};

export const resultSchemaText = (): string => `${JSON.stringify(resultSchema, undefined, 2)}\n`;
