/**
 * A simulation as one HTML page (`plots/document.ts`). The same input gives the same text: no date, no random name.
 */
import { escapeHtml } from '../../html.js';
import { againHtml, htmlDocument } from '../../plots/document.js';
import { figureHtml, type Figure } from '../../plots/figure.js';
import { pointsMax } from '../../plots/look.js';
import { cumulativeFigure } from './cumulative.js';
import { changesTable, factsList, headlineTable, partialBanner } from './headline.js';
import { heatMapFigure } from './heat-map.js';
import { overTimeFigure } from './over-time.js';
import type { PageInput, PagePoint } from './page-input.js';
import { responseTimesFigure } from './response-times.js';
import { sharesFigure } from './shares.js';
import { sweepFigures } from './sweep.js';

export type { PageInput, PagePoint } from './page-input.js';

export function renderPage(input: PageInput): string {
  const { scenario, description, points, version, seed } = input;
  return htmlDocument({
    title: `${scenario} · Roundhouse simulation`,
    header: `<h1>${escapeHtml(scenario)}</h1>\n<p>${escapeHtml(description)}</p>`,
    main: `${points.length === 0 ? nothing : results(input)}\n${againHtml(input.command, 'The scenario as it was simulated', input.scenarioYaml)}`,
    footer: `Roundhouse ${escapeHtml(version)}, seed ${seed}. The same version, scenario and seed give the same digits on every machine.`,
  });
}

const nothing = '<p class="partial"><strong>Nothing to show:</strong> no repetition was finished.</p>';

function results(input: PageInput): string {
  const { points } = input;
  const drawn = points.slice(0, pointsMax);
  return `${partialBanner(points)}${headlineTable(points)}
<p class="reading">Max is the utilisation of the busiest worker of an interval; P(max &lt; x), the part of the time in which nobody was
busier; ±, the 95 % confidence interval over the repetitions. Jain's index, max/mean and cv are of the requests per worker relative to
capacity, over the whole time: 1, 1 and 0 are even.</p>
${factsList(input, points)}
${whatHappened(points)}${notAll(points.length - drawn.length)}${figures(drawn, points).map(figureHtml).join('\n')}
${howToRead}`;
}

function whatHappened(points: readonly PagePoint[]): string {
  const changes = changesTable(points);
  return changes === undefined ? '' : `<h2>What happened</h2>\n${changes}\n`;
}

const notAll = (rest: number): string => (rest > 0 ? `<p>The first ${pointsMax} points are drawn; the table has ${rest} more.</p>\n` : '');

const figures = (drawn: readonly PagePoint[], all: readonly PagePoint[]): readonly Figure[] => [
  cumulativeFigure(drawn),
  overTimeFigure(drawn),
  ...sweepFigures(all),
  sharesFigure(drawn),
  responseTimesFigure(drawn),
  heatMapFigure(drawn),
];

const howToRead = `<section id="how-to-read">
<h2>How to read this page</h2>
<p>Look at the maximum first, the shares last. DNS chooses a worker for a resolver's next TTL, not for a request; in the meantime a
large resolver sends everybody behind it to the same one. Over hours each worker gets its turn, so shares look even while one worker
at a time is saturated.</p>
<p>With <i>open</i> arrivals people come however slow the answers are, and a worker that gets too much builds a queue; with
<i>closed</i> arrivals they wait for their answer first, which hides overload: the utilisation is lower and the response times tell.
A <i>stream</i> has no sessions: every request looks up for itself.</p>
<p>The interval matters: over shorter ones the maximum is larger, because chance alone fills them. Compare only what has the same
interval and the same alarm. The choice matters too: clients that shuffle or sort the addresses undo the order that the authority
gave.</p>
</section>`;
