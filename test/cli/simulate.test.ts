import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/sim/summary.js';
import { scenarioNames } from '../../src/study/catalogue.js';
import { resultSchemaText, type SchemaNode } from '../../src/study/summary-schema.js';
import { violations } from '../support/json-schema.js';
import { roundhouse, run } from '../support/tier.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-simulate-'));
afterAll(() => rmSync(directory, { recursive: true }));
const fileWith = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};

const small = fileWith(
  'small.yaml',
  `description: a small one
durationS: 160
warmupS: 32
repetitions: 4
events:
  - { atS: 50, kind: worker-dies, worker: w2 }
`,
);
const schema = JSON.parse(readFileSync(new URL('../../docs/simulation.schema.json', import.meta.url), 'utf8')) as SchemaNode;

const withoutWall = (json: string): string => json.replace(/"wallSeconds": [\d.e+-]+/g, '"wallSeconds": 0');

/** Says when it has answered often enough for several intervals to be over. */
const tellingPolicy = `import { writeSync } from 'node:fs';
let answers = 0;
export const createRotation = () => ({
  order(eligible, requestor, answersMax, order) {
    answers += 1;
    if (answers === 1000) writeSync(1, 'measuring\\n');
    order[0] = answers % eligible.length;
    return 1;
  },
});
`;

describe('simulate', () => {
  it('without a scenario lists those that ship', async () => {
    const { code, stdout } = await roundhouse('simulate');
    expect(code).toBe(0);
    for (const name of scenarioNames()) expect(stdout).toMatch(new RegExp(`^${name} {2,}\\S.{20,}$`, 'm'));
  });

  it('prints a table, and says what it is of', async () => {
    const { code, stdout, stderr } = await roundhouse('simulate', small, '--policy', 'random', '--seed', '7');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('policy random, TTL 30/5');
    expect(stdout).toContain('4 repetitions of 160 s in intervals of 16 s, seed 7');
    expect(stdout).toMatch(/^w4 .* % {2,}.*█/m);
    expect(stdout).toMatch(/^ +50 s {2}w2 dies \(refuse\)/m);
  });

  it('--json has the documented keys and no others', async () => {
    expect(readFileSync(new URL('../../docs/simulation.schema.json', import.meta.url), 'utf8')).toBe(resultSchemaText());
    const { code, stdout, stderr } = await roundhouse('simulate', small, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const summary = JSON.parse(stdout) as Summary;
    expect(violations(summary, schema)).toEqual([]);
    expect(summary).toMatchObject({ partial: false, repetitions: 4, seed: 1, movedAfter: { p50: expect.anything() } });
    expect(summary.maxUtilisation.below['0.90']?.halfWidth).toBeGreaterThan(0);
    expect(violations({ ...summary, extra: 1 }, schema)).toEqual(['$.extra: not documented']);
    expect(violations({ ...summary, requests: -1 }, schema)).toEqual(['$.requests: -1 is out of range']);
  });

  it('has the same digits whatever the number of threads, and others for another seed', async () => {
    const sweep = [small, '--sweep', 'authority.ttl=0,60', '--sweep', 'workers.relative=[1],[2,1]', '--json'];
    const [one, three, other] = await Promise.all([
      roundhouse('simulate', ...sweep, '--threads', '1'),
      roundhouse('simulate', ...sweep, '--threads', '3'),
      roundhouse('simulate', ...sweep, '--seed', '2'),
    ]);
    const { partial, points } = JSON.parse(one.stdout) as { partial: boolean; points: (Summary & { set: object })[] };
    expect(violations({ partial, points }, schema)).toEqual([]);
    expect(points.map(({ set }) => set)).toEqual([
      { 'authority.ttl': 0, 'workers.relative': [1] },
      { 'authority.ttl': 0, 'workers.relative': [2, 1] },
      { 'authority.ttl': 60, 'workers.relative': [1] },
      { 'authority.ttl': 60, 'workers.relative': [2, 1] },
    ]);
    expect(withoutWall(three.stdout)).toBe(withoutWall(one.stdout));
    expect(withoutWall(other.stdout)).not.toBe(withoutWall(one.stdout));
  });

  it("runs a scenario's own sweep, unless the command line decides", async () => {
    const short = ['static-list-vs-round-robin', '--set', 'durationS=60', '--repetitions', '1'];
    const [both, alone] = await Promise.all([roundhouse('simulate', ...short), roundhouse('simulate', ...short, '--policy', 'random')]);
    expect(both.stdout).toMatch(/^authority\.policy .*\nround-robin .*\nstatic-list /m);
    expect(alone.stdout).toMatch(/^static-list-vs-round-robin: policy random, TTL 300 s/);
  });

  it('--print shows the scenario as a file that means the same', async () => {
    const first = await roundhouse('simulate', small, '--print', '--set', 'clients.kinds[0].choice=shuffle', '--sweep', 'authority.ttl=0,5');
    expect(first.stdout).toMatch(/^description: a small one\n[^]*choice: shuffle[^]*\nsweep:\n {2}authority\.ttl:\n {4}- 0\n {4}- 5\n$/);
    const again = await roundhouse('simulate', fileWith('printed.yaml', first.stdout), '--print');
    expect(again).toEqual(first);
  });

  it('ends well when the reader of its output has gone', async () => {
    const { process: child, stderr } = run(['simulate', small, '--repetitions', '1']);
    child.stdout?.destroy();
    await once(child, 'close');
    expect([child.exitCode, stderr()]).toEqual([0, '']);
  });

  it('--html writes a page that repeats the command', async () => {
    const page = join(directory, 'page.html');
    const { code, stdout, stderr } = await roundhouse('simulate', small, '--repetitions', '1', '--html', page);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `The page is in ${page}.\n` });
    expect(stdout).toContain('1 repetition of 160 s');
    const html = readFileSync(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('--repetitions 1 --html');
  });

  it('warns beside the result', async () => {
    const { code, stdout, stderr } = await roundhouse('simulate', small, '--set', 'clients.count=1000', '--sweep', 'authority.ttl=0,60', '--repetitions', '1');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^roundhouse: warning: 666\.7 hits a second are offered to workers that can serve 500\.0: .*\n$/);
    expect(stdout).toMatch(/^authority\.ttl/m);
  });

  it('marks what Ctrl-C left as partial', async () => {
    const telling = fileWith('telling.mjs', tellingPolicy);
    const endless = ['--set', 'warmupS=0', '--set', 'durationS=1000000', '--repetitions', '50', '--threads', '1'];
    const running = run(['simulate', 'gateways-1998', '--policy', telling, ...endless, '--json']);
    await running.saw(/measuring\n/);
    expect(await running.stop('SIGINT')).toBe(130);
    const summary = JSON.parse(running.stdout().replace('measuring\n', '')) as Summary;
    expect(violations(summary, schema)).toEqual([]);
    expect(summary.partial).toBe(true);
    expect(running.stderr()).toBe('roundhouse: stopping; Ctrl-C again ends at once\n');
  });
});

describe('simulate with a mistake', () => {
  const bad = fileWith('bad.mjs', 'export const nothing = 1;');
  it.each([
    [['nowhere'], 2, /unknown scenario "nowhere"; Known are caching-resolvers, flash-crowd, .*; anything else must be the path of a file \(\.\/my\.yaml\)/],
    [['gateway-1998'], 2, /unknown scenario "gateway-1998"; did you mean gateways-1998\? Known are/],
    [['./nowhere.yaml'], 1, /scenario: \.\/nowhere\.yaml: there is no such file/],
    [[small, '--seed', '-1'], 2, /--seed: expected a whole number from 0 to 4294967295, got "-1"/],
    [[small, '--threads', '0'], 2, /--threads: expected a whole number from 1 to 256, got "0"/],
    [[small, '--repetitions', 'x'], 2, /--repetitions: expected a whole number from 1 to 10000, got "x"/],
    [[small, '--policy', 'rondom'], 2, /--policy: expected one of .*got "rondom"; did you mean random\?/],
    [[small, '--policy', bad], 1, /policy: .*bad\.mjs must export a function createRotation.*/],
    [[small, '--set', 'durationS'], 2, /--set durationS: expected KEY=VALUE such as clients\.count=1000/],
    [[small, '--set', 'clients.nobody=1'], 2, /--set clients\.nobody=1: unknown key.*/],
    [[small, '--sweep', 'authority.ttl'], 2, /--sweep authority\.ttl: expected KEY=VALUE,VALUE,… .*/],
    [[small, '--sweep', 'authority.ttl=0,x'], 2, /--sweep authority\.ttl=x: expected whole seconds.*/],
    [[small, '--sweep', 'authority.ttl=0', '--set', 'authority.ttl=1'], 2, /--sweep authority\.ttl: the key is given twice on the command line; keep one/],
    [[small, '--policy', 'dal', '--policy', 'mrl'], 2, /--policy: expected one value, got \["dal","mrl"\]/],
    [[small, '--html', ''], 2, /--html: expected one value, got ""/],
    [[small, '--html', join(small, 'page.html')], 2, /--html .*: expected a file in a directory that may be written/],
    [[small, '--html', '/nowhere/page.html'], 2, /--html \/nowhere\/page\.html: expected a file in a directory that may be written/],
  ])('%j', async (args, code, complaint) => {
    const finished = await roundhouse('simulate', ...args);
    expect(finished.stderr).toMatch(new RegExp(`^roundhouse: ${complaint.source}`));
    expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(finished).toMatchObject({ code, stdout: '' });
  });
});
