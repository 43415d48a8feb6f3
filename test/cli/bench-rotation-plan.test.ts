/**
 * What the command line of `bench rotation` means, and what is wrong with it.
 */
import { describe, expect, it } from 'vitest';
import type { FoundTier } from '../../bench/rotation/attached-tier.js';
import { rotationGiven } from '../../src/cli/bench-rotation-options.js';
import { planRotation } from '../../src/cli/bench-rotation-plan.js';

type Given = Readonly<Record<string, unknown>>;

const plan = (given: Given = {}, found?: FoundTier) => planRotation(rotationGiven(given), found);

const found: FoundTier = {
  control: new URL('http://127.0.0.1:9100'),
  service: 'www.example.test',
  members: ['london', 'paris'].map((name, index) => ({ name, index, address: `127.0.0.${index + 11}`, port: 8080, weight: index + 1 })),
  metrics: [],
};

describe('without a word', () => {
  it('it is round-robin against a static list, six rounds of each', () => {
    const { contenders, rounds, scenario, warnings, definitions } = plan();
    expect(contenders.map(({ name }) => name)).toEqual(['round-robin', 'static-list']);
    expect([rounds, scenario.clients.count, scenario.workers.count, warnings]).toEqual([6, 10_000, 4, []]);
    expect(definitions.map(({ authority }) => authority.policy)).toEqual(['round-robin', 'static-list']);
    const given = rotationGiven({});
    expect(given).toMatchObject({ speed: 1, seed: 1, confidence: 0.95, measure: 'maxOverMean', path: '/bytes/100', keepAlive: true, simulateToo: false });
  });
});

describe('who is compared', () => {
  it('is what was named, or what the scenario sweeps', () => {
    expect(plan({ policy: ['random'] }).contenders.map(({ name }) => name)).toEqual(['random']);
    const { contenders, rounds } = plan({ scenario: 'caching-resolvers' });
    expect(contenders.map(({ name }) => name)).toEqual(['round-robin', 'static-list', 'random', 'weighted']);
    expect(rounds).toBe(8); // four of them need as many
    expect(plan({ policy: ['random', 'fixed', 'affinity', 'weighted'] }).rounds).toBe(8);
    expect(plan({ policy: ['random', 'fixed', 'affinity', 'weighted'], rounds: '3' }).rounds).toBe(3);
  });

  it('may be there twice, under names of their own', () => {
    expect(plan({ policy: ['random', 'fixed', 'random', 'random'] }).contenders.map(({ name }) => name)).toEqual(['random', 'fixed', 'random#2', 'random#3']);
  });

  it('may be a server that runs already', () => {
    const [bind] = plan({ policy: ['bind@127.0.0.1:5353', 'knot@127.0.0.2'] }).contenders;
    expect(bind).toEqual({ name: 'bind', policy: 'bind', server: { address: '127.0.0.1', port: 5353 } });
  });

  it('may be a module, by its path', () => {
    const [mine] = plan({ policy: ['./mine.js'] }).contenders;
    expect(mine?.name).toBe('./mine.js');
    expect(mine?.policy).toMatch(/^\/.*\/mine\.js$/);
  });
});

describe('faults', () => {
  it('are events, in real time, and a round lasts until they can be seen', () => {
    const { scenario } = plan({ kill: ['w3@10s'], drain: ['w2@20s', 'w1@500ms'], return: ['w3@0.5m'] });
    expect(scenario.events).toEqual([
      { atS: 0.5, kind: 'worker-drains', worker: 'w1' },
      { atS: 10, kind: 'worker-dies', worker: 'w3', how: 'refuse' },
      { atS: 20, kind: 'worker-drains', worker: 'w2' },
      { atS: 30, kind: 'worker-returns', worker: 'w3' },
    ]);
    expect(scenario.durationS).toBe(40);
    expect(plan({ kill: ['w3@1s'] }).scenario.durationS).toBe(6);
    expect(plan({ hang: ['w3@10s'], speed: '2', duration: '100' }).scenario).toMatchObject({ durationS: 100, events: [{ atS: 20, how: 'black-hole' }] });
  });

  it('beyond the end are told', () => {
    expect(plan({ kill: ['w3@10s'], duration: '5' }).warnings[0]).toMatch(/durationS is 5, so there will be no worker-dies at 10 s/);
  });

  it('name workers of the tier that runs', () => {
    expect(plan({ drain: ['paris@1s'] }, found).scenario.events).toEqual([{ atS: 1, kind: 'worker-drains', worker: 'w2' }]);
  });
});

it('a tier that runs has the workers that it has', () => {
  const { scenario } = plan({ workers: '7' }, found);
  expect(scenario.workers).toMatchObject({ count: 2, weights: [1, 2] });
});

it('settings are the scenario’s', () => {
  const { scenario, printed } = plan({ users: '500', duration: '3', ttl: '60/10', set: ['clients.think.meanS=2'], policy: ['fixed', 'fixed'] });
  expect(scenario).toMatchObject({ durationS: 3, authority: { ttl: '60/10' }, clients: { count: 500, think: { meanS: 2 } } });
  expect(printed).toMatchObject({ durationS: 3, sweep: { 'authority.policy': ['fixed'] } });
});

describe('outputs', () => {
  it('go where they are told to', () => {
    expect(rotationGiven({ json: '', csv: 'x.csv', html: 'x.html' })).toMatchObject({ json: '-', csv: 'x.csv', html: 'x.html' });
    expect(rotationGiven({})).toMatchObject({ json: undefined, csv: undefined, html: undefined });
  });
});

it.each<[Given, RegExp]>([
  [{ policy: ['round-robbin'] }, /--policy: expected one of round-robin, .*; did you mean round-robin\?/],
  [{ policy: ['@127.0.0.1:53'] }, /--policy: expected a name before @/],
  [{ policy: ['bind@localhost:53'] }, /--policy: expected ADDR:PORT such as 127\.0\.0\.1:5353, got "localhost:53"/],
  [{ scenario: 'short-session' }, /unknown scenario "short-session"; did you mean short-sessions\?/],
  [{ scenario: ['a', 'b'] }, /--scenario: expected one value, got \["a","b"\]/],
  [{ rounds: '0' }, /--rounds: expected a whole number from 1/],
  [{ speed: 'fast' }, /--speed: expected a number from 0\.01 to 1000, got "fast"/],
  [{ confidence: '95' }, /--confidence: expected a number from 0\.5 to 0\.9999, got "95"/],
  [{ measure: 'mean' }, /--measure: expected one of maxOverMean, .*, got "mean"/],
  [{ path: 'bytes' }, /--path: expected a path that starts with \//],
  [{ resolver: 'unbound' }, /--resolver: expected ADDR:PORT/],
  [{ resolver: '127.0.0.1:5353', speed: '2' }, /--speed: expected 1 beside --resolver/],
  [{ json: '', csv: '' }, /--json, --csv: both go to standard output/],
  [{ html: '' }, /--html: expected one value/],
  [{ kill: ['w3'] }, /--kill: expected WORKER@TIME such as w3@10s, .*, got "w3"/],
  [{ kill: ['w9@1s'] }, /--kill w9@1s: unknown worker w9; known are w1, w2, w3, w4/],
  [{ drain: ['w1@1h'] }, /--drain: expected WORKER@TIME/],
  [{ expect: ['p99(round-robin)'] }, /--expect "p99\(round-robin\)": expected a comparison/],
  [{ expect: ['p98(round-robin) < 1'] }, /unknown measure p98; known are maxOverMean, /],
  [{ expect: ['p99(random) < 1'] }, /random does not take part; compared are round-robin, static-list/],
  [{ expect: ['share(round-robin) < 1'] }, /expected share\(CONTENDER, WORKER\), got share\(round-robin\)/],
  [{ expect: ['share(round-robin, w9) < 1'] }, /unknown worker w9; known are w1, w2, w3, w4/],
  [{ set: ['clients.arrivals=later'] }, /--set clients\.arrivals=later: expected one of open, closed, stream/],
  [{ scenario: 'ttl-change' }, /the event ttl cannot be made to happen/],
  [{ set: ['intervalS=0.1'] }, /intervalS: expected at least 0\.2 at this speed/],
])('%j is told', (given, message) => {
  expect(() => plan(given)).toThrow(message);
});
