import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { yamlText } from '../../src/config/print.js';
import { ConfigError, openScenario } from '../../src/config/scenario-load.js';
import { parseKey, plainValue, type Setting } from '../../src/config/settings.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-scenario-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'scenario.yaml');

const set = (...settings: readonly string[]): Setting[] =>
  settings.map((text) => {
    const at = text.indexOf('=');
    return { path: parseKey(text.slice(0, at)) ?? [], value: plainValue(text.slice(at + 1)), flag: `--set ${text}` };
  });

const load = (yaml: string, ...settings: readonly string[]) => {
  writeFileSync(file, yaml);
  return openScenario(file).load(set(...settings));
};

const complaints = (yaml: string, ...settings: readonly string[]): string[] => {
  try {
    load(yaml, ...settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${directory}/`, '').split('\n');
    throw error;
  }
  return [];
};

describe('a good scenario', () => {
  it('is all defaults without a file, and when it is empty', () => {
    const { scenario, warnings } = openScenario(undefined).load([]);
    expect(load('').scenario).toEqual(scenario);
    expect(scenario).toMatchObject({ authority: { policy: 'round-robin', ttl: '30/5' }, clients: { kinds: [{ choice: 'first' }] } });
    expect(warnings).toEqual([]);
  });

  it('is not more than the simulator takes: its own sweep stays behind', () => {
    const { scenario, document } = load('sweep: { authority.policy: [random, fixed] }');
    expect(scenario).not.toHaveProperty('sweep');
    expect(document.sweep).toEqual({ 'authority.policy': ['random', 'fixed'] });
  });

  it('takes settings over the file, into lists as well', () => {
    const yaml = 'clients: { kinds: [{ share: 3, choice: sort }, { share: 1 }] }\nworkers: { capacities: [5, 6] }\n';
    const { scenario } = load(yaml, 'clients.kinds[0].choice=shuffle', 'workers.capacities[1]=7', 'authority.ttl=30/5', 'durationS=100');
    expect(scenario.clients.kinds).toMatchObject([{ share: 3, choice: 'shuffle' }, { share: 1, choice: 'first' }]);
    expect(scenario).toMatchObject({ workers: { capacities: [5, 7] }, authority: { ttl: '30/5' }, durationS: 100 });
    expect(load('', 'resolvers.kinds[0].order=rotate').scenario.resolvers.kinds).toMatchObject([{ share: 1, order: 'rotate' }]);
  });

  it('finds modules and weights relative to itself, and those of the command line relative to the working directory', () => {
    writeFileSync(join(directory, 'weights.csv'), '# clients\n3,de\n\n1 # small\n0.5;x\n');
    const yaml = 'authority: { policy: ./mine.js }\nresolvers: { population: { file: weights.csv } }\n';
    const { scenario, document } = load(yaml);
    expect(scenario.authority.policy).toBe(join(directory, 'mine.js'));
    expect(scenario.resolvers.population).toEqual({ law: 'listed', count: 3, exponent: 1, weights: [3, 1, 0.5] });
    expect(document.resolvers.population.file).toBe(join(directory, 'weights.csv'));
    expect(load(yaml, 'authority.policy=./mine.js').scenario.authority.policy).toBe(join(process.cwd(), 'mine.js'));
  });
});

describe('a wrong scenario', () => {
  const died = (worker: string): string => `events:\n  - { atS: 1, kind: worker-dies, worker: ${worker} }`;

  it.each([
    ['authority:\n  tll: 5', 'scenario: authority.tll: unknown key; did you mean ttl? (scenario.yaml:2)'],
    ['durationS: 1h', 'scenario: durationS: expected a number from 0.001 to 1000000, got "1h" (scenario.yaml:1)'],
    ['authority: { policy: round-robbin }', /policy: expected one of round-robin, .*, got "round-robbin"; did you mean round-robin\? \(/],
    ['authority: { ttl: 5/30 }', /authority\.ttl: .*the first must not be below the second/],
    ['events: [{ atS: 1, kind: ttl, ttl: soon }]', /events\[0\]\.ttl: expected whole seconds .*got "soon"/],
    [died('w5'), 'scenario: events[0].worker: expected one of w1 to w4, got "w5" (scenario.yaml:2)'],
    [died('fred'), /expected the name of a worker such as w2, got "fred"/],
    ['events: [{ atS: 1, kind: worker-explodes }]', /events\[0\]\.kind: expected one of worker-dies, worker-returns, .*, flash-crowd, got "worker-explodes"/],
    ['events: [{ atS: 1, kind: worker-returns, worker: w1, hwo: x }]', /events\[0\]\.hwo: unknown key; did you mean how\?/],
    ['events: [{ atS: 2, kind: ttl, ttl: 1 }, { atS: 1, kind: ttl, ttl: 2 }]', /events\[1\]\.atS: expected events in the order of time, got 1 after 2/],
    ['events: [{ atS: 1, kind: flash-crowd, durationS: 5, clients: 5, resolver: 101 }]', /events\[0\]\.resolver: expected a rank from 1 to 100, got 101/],
    ['events: [{ atS: 1, kind: flash-crowd, durationS: 5 }]', /events\[0\]\.clients: expected at least 1, got 0/],
    ['clients: { count: 10000000 }\nevents: [{ atS: 1, kind: flash-crowd, durationS: 5, clients: 5 }]', /events: expected at most 10000000 clients/],
    ['resolvers: { population: { law: listed } }', /population\.weights: expected weights for the law listed, got an empty list/],
    ['resolvers: { population: { law: head, weights: [0.6, 0.5] } }', /population\.weights: expected parts of all clients, .* got 1\.1/],
    ['resolvers: { population: { file: weights.csv, law: zipf } }', /population\.law: expected listed beside file, got "zipf"/],
    ['resolvers: { population: { file: a.csv } }', /population\.file: expected a file of weights, one a line, got ".*a\.csv": there is no such file/],
    ['resolvers: { perClient: [0, 0] }', /resolvers\.perClient: expected shares that add up to more than 0/],
    ['resolvers: { kinds: [{ ttlFloorS: 60, ttlCeilingS: 30 }] }', /kinds\[0\]\.ttlFloorS: expected at most ttlCeilingS, which is 30, got 60/],
    ['workers: { slots: 2, discipline: processor-sharing }', /workers\.slots: expected 1 with processor-sharing, got 2/],
    ['workers: { service: { law: lognormal, cv2: 0 } }', /workers\.service\.cv2: expected a cv2 of more than 0 for the law lognormal, got 0/],
    ['clients: { think: { law: hyper-exponential } }', /clients\.think\.law: expected a cv2 of more than 1/],
    ['workers: { weights: [1, 2] }', /workers\.weights: expected 4 of them, one a worker, got 2/],
    ['workers: { absent: 4 }', /workers\.absent: expected fewer than there are workers, which is 4, got 4/],
    ['clients: { hits: { min: 6, max: 5 } }', /clients\.hits\.min: expected at most max, which is 5, got 6/],
    ['clients: { think: { meanS: 0 } }', /clients\.think\.meanS: expected more than 0/],
    ['intervalS: 0.001\ndurationS: 2000', /intervalS: expected at most 1000000 intervals in durationS, got 2000000/],
    ['intervalS: 1\ndurationS: 100000\nworkers: { count: 300 }', /intervalS: expected at most 20000000 intervals of all workers together, got 30000000/],
    ['authority: { probe: { timeoutMs: 5000 } }', /probe\.timeoutMs: expected at most interMs, which is 2000, got 5000/],
  ])('%j', (yaml, complaint) => {
    expect(complaints(yaml)).toEqual([typeof complaint === 'string' ? complaint : expect.stringMatching(complaint)]);
  });

  it('names the flag, where that is to blame', () => {
    expect(complaints('', 'clients.count=many')).toEqual(['--set clients.count=many: expected a whole number from 1 to 10000000, got "many"']);
    expect(complaints('clients: { kinds: [{}, {}] }', 'clients.kinds[1].choice=none')).toEqual([
      '--set clients.kinds[1].choice=none: expected one of first, shuffle, sort, sticky, got "none"',
    ]);
    expect(complaints('', 'clients.cuont=1')).toEqual(['--set clients.cuont=1: unknown key; did you mean count?']);
  });

  it('tells what is wrong in a file of weights', () => {
    for (const [text, reason] of [['1\nx\n', 'line 2: expected a number of at least 0, got "x"'], ['0\n', 'add up to more than 0'], ['-1', 'line 1']] as const) {
      writeFileSync(join(directory, 'bad.csv'), text);
      expect(complaints('resolvers: { population: { file: bad.csv } }')).toEqual([expect.stringContaining(reason)]);
    }
  });
});

describe('a doubtful scenario', () => {
  it.each([
    ['more load than capacity', ['clients.count=5000'], '3333 hits a second are offered to workers that can serve 500.0'],
    ['the same as a stream', ['clients.arrivals=stream', 'clients.ratePerS=40', 'workers.absent=1'], '400.0 hits a second are offered to workers that can serve 375.0'],
    ['listed capacities', ['workers.capacities=[100,100]'], 'workers that can serve 200.0'],
    ['relative capacities', ['workers.relative=[3,1]', 'workers.absent=3'], 'workers that can serve 187.5'],
    ['an event after the end', ['events=[{"atS":3600,"kind":"ttl","ttl":5}]'], 'there will be no ttl at 3600 s'],
  ])('%s is a warning', (_, settings, warning) => {
    expect(load('', ...settings).warnings).toEqual([expect.stringContaining(warning)]);
  });

  it('closed arrivals follow the service, so nothing is too much', () => {
    expect(load('', 'clients.count=5000', 'clients.arrivals=closed').warnings).toEqual([]);
  });
});

it('what is printed loads to the same', () => {
  const relative = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
  const workers = fc.record({ count: fc.integer({ min: 3, max: 9 }), relative, slots: fc.constantFrom(1, 4) });
  const event = fc.constantFrom<object>(
    { kind: 'worker-dies', worker: 'w3', how: 'black-hole' },
    { kind: 'ttl', ttl: '60/5' },
    { kind: 'policy', policy: './a.js' },
    { kind: 'flash-crowd', durationS: 5, clients: 7, resolver: 2 },
  );
  const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 999 }), event), { maxLength: 4 });
  const durationS = fc.double({ min: 16, max: 1e5, noNaN: true });
  const parts = fc.record({ durationS, alarm: fc.option(fc.constant(0.9), { nil: undefined }), description: fc.string(), workers, events });
  fc.assert(
    fc.property(parts, ({ alarm, events: happening, ...rest }) => {
      const ordered = happening.toSorted(([a], [b]) => a - b).map(([atS, what]) => ({ atS, ...what }));
      const written = { ...rest, ...(alarm === undefined ? {} : { authority: { alarm } }), events: ordered };
      const first = load(JSON.stringify(written));
      expect(load(yamlText(first.document))).toEqual(first);
    }),
    { numRuns: 50 },
  );
});
