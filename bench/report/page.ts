/**
 * A benchmark of rotations as one HTML page: the verdict in a sentence at the top, then what it rests on.
 */
import { escapeHtml } from '../../src/html.js';
import { againHtml, factsHtml, htmlDocument } from '../../src/plots/document.js';
import { figureHtml } from '../../src/plots/figure.js';
import { seconds } from '../../src/plots/numbers.js';
import { responseTimesFigure } from '../../src/sim/report/response-times.js';
import { grouped } from '../../src/text/numbers.js';
import { factsLine } from '../harness/machine.js';
import { directMax } from '../rotation/hidden-load.js';
import { measures, toldMeasures } from '../rotation/measures.js';
import type { About, ContenderResult, RotationResult } from '../rotation/result.js';
import { loadOverTime, shareBars } from './figures.js';
import { otherMeasures } from './other-measures.js';
import {
  changesTable,
  comparisonsTable,
  expectationsTable,
  generatorTable,
  measuresTable,
  resolversTable,
  simulatedTable,
  workersTable,
} from './tables.js';

/** @param scenarioYaml as it was run, ready to be pasted */
export function rotationPage(result: RotationResult, scenarioYaml: string): string {
  const { about } = result;
  return htmlDocument({
    title: `${about.scenario} · Roundhouse benchmark`,
    header: `<h1>${escapeHtml(about.scenario)}</h1>\n<p>${escapeHtml(about.description)}</p>`,
    main: [...body(result), againHtml(about.facts.command, 'The scenario as it was run', scenarioYaml)].join('\n'),
    footer: escapeHtml(`Roundhouse ${about.facts.versions['roundhouse'] ?? ''}. ${factsLine(about.facts)}. Begun ${about.beganAt}.`),
  });
}

function body(result: RotationResult): string[] {
  const { contenders, about, simulated, expectations } = result;
  if (contenders.length === 0) return ['<p class="partial"><strong>Nothing to show:</strong> not one round of each was complete.</p>'];
  const changes = changesTable(contenders);
  const points = contenders.map(({ name, summary }) => ({ label: name, settings: {}, summary }));
  return [
    verdict(result),
    ...warnings(result),
    ...(expectations.length === 0 ? [] : [section('expectations', 'What was expected', expectationsTable(expectations))]),
    section('measures', 'In numbers', measuresTable(contenders) + measuresList()),
    facts(about),
    figureHtml(loadOverTime(contenders, about)),
    figureHtml(shareBars(contenders)),
    section('hidden-load', 'How many requests each answer was good for', hiddenLoad(contenders)),
    figureHtml(responseTimesFigure(points, 'from when the request was due, all rounds together')),
    section('workers', 'Worker by worker', workersTable(contenders)),
    ...(changes === undefined ? [] : [section('faults', 'What happened, and when requests had moved', changes + movedReading)]),
    ...(simulated === null ? [] : [section('simulated', 'Measured beside simulated', simulatedReading + simulatedTable(simulated))]),
    section('comparisons', 'All comparisons', comparisonsTable(result) + comparisonsReading),
    section('generator', 'The load generator', generatorReading + generatorTable(contenders)),
    howItWasMeasured(about),
  ];
}

const section = (id: string, title: string, html: string): string => `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${html}\n</section>`;

const reading = (text: string): string => `<p class="reading">${text}</p>\n`;

function verdict(result: RotationResult): string {
  const { verdicts: [main], partial } = result;
  const banner = partial ? '<p class="partial" role="note"><strong>Partial result.</strong> It was stopped before the end.</p>\n' : '';
  const told = [...(main?.details ?? []), ...otherMeasures(result)];
  const list = told.length === 0 ? '' : `\n<ul>\n${told.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('\n')}\n</ul>`;
  return `${banner}<p class="verdict">${escapeHtml(main?.sentence ?? 'No verdict: not one round of each was complete.')}</p>${list}`;
}

const warnings = ({ warnings: all }: RotationResult): string[] => all.map((text) => `<p class="warning" role="note">${escapeHtml(text)}.</p>`);

function measuresList(): string {
  const items = toldMeasures.map((name) => {
    const { label, what } = measures[name];
    return `<li><b>${escapeHtml(label)}</b> (<code>${name}</code>): ${escapeHtml(what)}</li>`;
  });
  return `\n<details>\n<summary>What the rows mean</summary>\n<ul>\n${items.join('\n')}\n</ul>\n</details>`;
}

function facts(about: About): string {
  const { rounds, measuredS, warmupS, intervalS, speed, ttl, alarm, arrivals, users } = about;
  const { resolvers, choices, keepAlive, path, tier, seed, tookS } = about;
  return factsHtml([
    ['rounds', `${rounds} of each, ${seconds(measuredS)} measured after ${seconds(warmupS)} of warm-up`],
    ['time', speed === 1 ? 'as it passes' : `${speed} times as fast: caches, think times and probes of the tier`],
    ['users', `${grouped(users)}, ${resolvers}`],
    ['arrivals', arrivals],
    ['address that users take', choices],
    ['connections', keepAlive ? 'reused within the rules of the scenario' : 'one for each request'],
    ['asked for', path],
    ['TTL', ttl],
    ['alarm', alarm === null ? 'none' : `a worker above ${alarm} in the last interval is left out, unless all are`],
    ['interval', seconds(intervalS)],
    ['tier', tier],
    ['seed', String(seed)],
    ['took', seconds(tookS)],
    ['machine', factsLine(about.facts)],
  ]);
}

function hiddenLoad(contenders: readonly ContenderResult[]): string {
  const meanings = [...new Set(contenders.map(({ hiddenLoad: { meaning } }) => meaning))].map((meaning) => {
    const who = contenders.filter(({ hiddenLoad }) => hiddenLoad.meaning === meaning).map(({ name }) => name);
    return `<p><b>${escapeHtml(who.join(', '))}</b>: ${escapeHtml(meaning)}</p>`;
  });
  const direct = contenders.every(({ hiddenLoad: { requestsPerAnswer } }) => requestsPerAnswer <= directMax);
  return direct ? meanings.join('\n') : `${meanings.join('\n')}\n${resolversTable(contenders)}`;
}

const movedReading = reading(
  'In the answers after: until what DNS follows showed it. Moved: until so many of the requests acted on an answer given since; caches and open connections go on with the old one.',
);
const simulatedReading = reading(
  'The same scenario in the simulator. Compared is what does not depend on how fast this machine is; ± is half the width of the interval of the difference, for all rows together.',
);
const comparisonsReading = reading(
  'Difference: of the first to the second. Interval: bootstrap over the rounds. Chance: how often exchanging the two within their pairs of rounds gives a difference as large. ' +
    'Two are told apart when the interval leaves out zero, chance is small, and the difference is one that matters. ' +
    'Only the first measure is the verdict. The others are each for itself: of nine, some are different by chance.',
);
const generatorReading = reading(
  'Virtual users are an open loop where the scenario says so: each request is due at its time whatever became of the last one, and is measured from then. A generator that is late would show here.',
);

function howItWasMeasured({ rounds }: About): string {
  return section(
    'how',
    'How this was measured',
    `<p>Workers, origin and control process stayed the same; each round had a fresh DNS process, so no rotation remembered the round before.
Rounds took turns, forward and backward (ABBA), ${rounds} of each, and rounds of the same number had the same users at the same times. Before
the first round the tier was warmed up by some seconds that do not count, and each round has its own warm-up that does not count.</p>
<p>Load is read off each worker's <code>/metrics</code>, first places off the DNS process's: the series that Prometheus scrapes. Intervals
of means are Student's at 95 %. Each emulated resolver asks from a loopback address of its own. Everything ran on one machine: compare
what was measured here with each other, not with figures from elsewhere.</p>`,
  );
}
