/**
 * What one simulated request costs: our simulator against the simplest alternatives on the same model, in one run.
 *
 *     npm run build && node dist/bench/simulator.js [rounds]
 *
 * The contenders: a binary heap of objects and closures in TypeScript, and Debian's python3-simpy and python3-simpy3 where
 * they are installed. The model is described in bench/simulator-run.ts; that all have the same one is checked first. Each run
 * is a process of its own, contenders take turns, and processor time counts, so that other work on the machine disturbs
 * little. Medians, with the least and the most in brackets; the ratios are the result.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../src/version.js';
import type { Outcome } from './simulator-run.js';
import { medianOf, spreadOf, spreadText } from './harness/spread.js';

const root = fileURLToPath(packageRoot);
const python = '/usr/bin/python3'; // Debian's own, which sees Debian's packages

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** Requests of one run, and the most clients for which it is still bearable. */
  readonly requests: number;
  readonly clientsMax: number;
}

const runProgram = fileURLToPath(new URL('./simulator-run.js', import.meta.url));
const simpyProgram = fileURLToPath(new URL('bench/simulator.py', packageRoot)); // not compiled, so not beside us
const typescript = (name: string): readonly string[] => [process.execPath, runProgram, name];

const all: readonly Contender[] = [
  { name: 'ours', command: typescript('ours'), requests: 40_000_000, clientsMax: 1e6 },
  { name: 'heap of objects', command: typescript('heap'), requests: 3_000_000, clientsMax: 1e6 },
  { name: 'python3-simpy', command: [python, simpyProgram, 'simpy2'], requests: 100_000, clientsMax: 1e5 },
  { name: 'python3-simpy3', command: [python, simpyProgram, 'simpy3'], requests: 100_000, clientsMax: 1e5 },
];

/** Beside the table: the model with resolvers as they are, which only ours has. */
const skewed: Contender = { name: 'ours, skewed', command: typescript('ours-skewed'), requests: 40_000_000, clientsMax: 1e6 };

const modules: Readonly<Record<string, string>> = { 'python3-simpy': 'SimPy', 'python3-simpy3': 'simpy' };

function isThere({ name }: Contender): boolean {
  const needed = modules[name];
  return needed === undefined || spawnSync(python, ['-c', `import ${needed}`]).status === 0;
}

function run({ command: [program = '', ...args] }: Contender, clients: number, requests: number): Outcome {
  const printed = execFileSync(program, [...args, String(clients), String(requests)], { encoding: 'utf8' });
  return JSON.parse(printed) as Outcome; // what they all print
}

/** Long enough for means to settle within some per cent. */
function checkSameModel(contenders: readonly Contender[]): void {
  const outcomes = contenders.map((contender) => run(contender, 1000, 300_000));
  const ofFirst = (value: (outcome: Outcome) => number): number[] => outcomes.map((outcome) => value(outcome) / value(outcomes[0]!));
  const questions = ofFirst(({ requests, addressRequests }) => addressRequests / requests);
  const ratios = [...ofFirst(({ responseMeanS }) => responseMeanS), ...questions];
  if (ratios.some((ratio) => Math.abs(ratio - 1) > 0.15)) throw new Error(`not the same model: ${ratios.join(' ')}`);
}

const digits = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
const nsOf = ({ cpuS, requests }: Outcome): number => (cpuS * 1e9) / requests;

/** One row: all contenders with so many clients, taking turns. */
function compare(contenders: readonly Contender[], clients: number, rounds: number): string {
  const outcomes = contenders.map((): Outcome[] => []);
  for (let round = 0; round < rounds; round += 1) {
    contenders.forEach((contender, index) => {
      if (clients <= contender.clientsMax) outcomes[index]!.push(run(contender, clients, contender.requests));
    });
  }
  const ours = medianOf(outcomes[0]!.map(nsOf)) ?? Number.NaN;
  const cells = outcomes.map((each, index) => {
    const spread = spreadOf(each.map(nsOf));
    if (spread === null) return 'not run';
    const text = spreadText(spread, digits);
    return index === 0 ? text : `${text}, ×${digits(spread.median / ours)}`;
  });
  const memory = medianOf(outcomes[0]!.map(({ memoryMb }) => memoryMb)) ?? Number.NaN;
  return `| ${clients.toLocaleString('en')} | ${cells.join(' | ')} | ${(1e3 / ours).toFixed(2)} | ${memory.toFixed(0)} |`;
}

const rounds = Number(process.argv[2] ?? 5);
const contenders = all.filter(isThere);
const commit = spawnSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).stdout.trim();
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, commit ${commit}, ${rounds} rounds`);
for (const { name } of all.filter((contender) => !contenders.includes(contender))) print(`absent: ${name} (apt-get install ${name})`);
checkSameModel(contenders);
print('\nNanoseconds of processor time for each client request:\n');
print(`| clients | ${contenders.map(({ name }) => name).join(' | ')} | ours, million requests/s per core | ours, MB |`);
print(`|${' --- |'.repeat(contenders.length + 3)}`);
for (const clients of [1e3, 1e4, 1e5, 1e6]) print(compare(contenders, clients, rounds));
const best = spreadOf(Array.from({ length: rounds }, () => nsOf(run(skewed, 1e6, skewed.requests))));
print(`\nOurs, a million clients, resolvers by Zipf's law, TTL 60 s: ${spreadText(best, digits)} ns, ${(1e3 / (best?.median ?? Number.NaN)).toFixed(2)} million requests/s per core`);
