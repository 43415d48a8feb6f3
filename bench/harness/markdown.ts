/**
 * A result for people: a table in Markdown, which pages take as it is, and sentences that say what can be said of it.
 */
import { counted, grouped } from '../../src/text/numbers.js';
import { failuresText } from './failures.js';
import { factsLine } from './machine.js';
import { confidence, type Compared, type ContenderResult, type Result } from './result.js';
import { spreadText } from './spread.js';
import type { FigureName, Task } from './task.js';

/** Below it, the server's core was not what throughput was limited by. */
const saturated = 0.95;
/** So much waiting for the core is nobody's disturbance. */
const waitingMax = 0.05;
const isLimited = ({ busy }: ContenderResult): boolean => busy !== null && busy < saturated;

export function markdownText(result: Result, task: Task): string {
  const blocks = [
    `## ${task.title} side by side`,
    ...(result.partial ? ['**Partial: it was stopped before the end.**'] : []),
    headText(result, task),
    tableText(result, task),
    notesText(result, task),
    ...result.verdicts.map((verdict) => verdictText(verdict.measure.label, verdict.sentences, result)),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function headText(result: Result, { units, lanes: [lane, lanes] }: Task): string {
  const { facts, driver, atOnce, rate, cores, rounds, seconds, contenders } = result;
  const pinning = cores.unpinned === undefined ? `server on core ${cores.server}, all else on ${cores.load}` : `nothing pinned: ${cores.unpinned}`;
  const warmUp = [...new Set(contenders.map(({ warmUpSeconds }) => warmUpSeconds))].sort((a, b) => a - b).join(' or ');
  const pace = rate === null ? '' : `${grouped(rate)} ${units}/s at random times, `;
  return [
    `\`${facts.command}\` on ${factsLine(facts)}.`,
    `Load: ${driver}, ${pace}${grouped(atOnce)} ${atOnce === 1 ? lane : lanes} at a time; ${pinning}.`,
    `${counted(rounds, 'round')} of ${seconds} s each, after a warm-up of ${warmUp} s; median (least–most).`,
  ].join('  \n');
}

function tableText({ contenders, reference }: Result, { measures }: Task): string {
  const against = `× ${reference ?? 'none'}`;
  const head = ['contender', 'version', ...measures.flatMap(({ label }) => [label, against]), 'core busy', 'failed'];
  const rows = contenders.filter(({ turns }) => turns.length > 0).map((contender) => rowOf(contender, measures));
  if (rows.length === 0) return '';
  return [head, head.map((_, column) => (column < 2 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function rowOf(contender: ContenderResult, measures: Task['measures']): string[] {
  const { name, version, busy, failures, failed } = contender;
  return [
    failed === null ? name : `${name} (failed)`,
    version,
    ...measures.flatMap((measure) => [figureText(contender, measure.name), ratioText(contender[measure.name])]),
    busy === null ? 'unknown' : whole(Math.min(1, busy)), // a little of it lies before and after the load
    failuresText(failures) || '–',
  ];
}

function figureText(contender: ContenderResult, name: FigureName): string {
  if (name !== 'perS') return spreadText(contender[name], precise);
  return (isLimited(contender) ? '≥ ' : '') + spreadText(contender.perS, (value) => grouped(Math.round(Number(value.toPrecision(4)))));
}

const whole = (part: number): string => `${(100 * part).toFixed(0)} %`;
const precise = (value: number): string => (value < 1000 ? value.toPrecision(3) : grouped(Math.round(value)));
const ratioText = (figure: Compared | null): string => (figure?.ratio == null ? '' : figure.ratio.toFixed(2));

/** Whatever a reader of the table must know beside it. */
function notesText({ contenders, skipped, rate }: Result, { unit }: Task): string {
  const limited = rate === null ? contenders.filter(isLimited).map(({ name }) => name) : []; // at a rate nobody is to be at its limit
  const late = Math.max(0, ...contenders.flatMap(({ turns }) => turns.map(({ lateP99Ms }) => lateP99Ms ?? 0)));
  const wrong = contenders.filter(({ failures }) => Object.keys(failures).length > 0).map(({ name }) => name);
  const waiting = Math.max(0, ...contenders.map((contender) => contender.waiting ?? 0));
  const notes = [
    ...contenders.flatMap(({ name, failed }) => (failed === null ? [] : [`${name} failed: ${failed.replaceAll('\n', '\n  ')}`])),
    ...(wrong.length === 0 ? [] : [`Not all went well with ${wrong.join(', ')}: what failed is in the table, and their figures are in doubt.`]),
    ...(limited.length === 0 ? [] : [`${limited.join(', ')}: ${idleText} CPU per ${unit} holds all the same.`]),
    ...(rate === null ? [] : [lateText(late)]),
    ...(waiting > waitingMax ? [`Others used the server's core, too: contenders waited for it up to ${whole(waiting)} of the time. Best end them and measure again.`] : []),
    ...(contenders.some(({ busy, turns }) => busy === null && turns.length > 0) ? ['This system does not tell the processor time of other processes.'] : []),
    ...skipped.map(({ name, debian }) => `Skipped: ${name} is not installed (\`apt-get install ${debian}\`).`),
  ];
  return notes.map((note) => `- ${note}`).join('\n');
}

/** A generator so late is short of its core, and so is the origin beside it. */
const lateMsMax = 2;

function lateText(lateMs: number): string {
  const doubt = lateMs > lateMsMax ? ' It was at its own limit, so latencies far out say little of the servers: lower --rate.' : '';
  return `The generator took up 99 % of the requests within ${precise(lateMs)} ms of when they were due; this is not part of the latencies.${doubt}`;
}

const idleText = `the core was busy for less than ${100 * saturated} % of the time, so throughput was limited by something else (≥).`;

function verdictText(label: string, sentences: readonly string[], { reference }: Result): string {
  const told = sentences.length === 0 ? [`${reference} alone: there is nothing to compare it with.`] : sentences;
  return [`By ${label}, at ${100 * confidence} % confidence for all together:`, '', ...told.map((sentence) => `- ${sentence}`)].join('\n');
}
