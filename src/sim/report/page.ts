/**
 * A simulation as one HTML page that needs nothing else: no script, no font, no network (the page's own policy forbids them),
 * so it can be mailed, kept and opened in ten years. The same input gives the same text: no date, no random name. Well-formed
 * as XML too.
 */
import { escapeHtml } from '../../html.js';
import { cumulativeFigure } from './cumulative.js';
import { figureHtml, type Figure } from './figure.js';
import { changesTable, factsList, headlineTable, partialBanner } from './headline.js';
import { heatMapFigure } from './heat-map.js';
import { pointsMax } from './look.js';
import { overTimeFigure } from './over-time.js';
import type { PageInput, PagePoint } from './page-input.js';
import { responseTimesFigure } from './response-times.js';
import { sharesFigure } from './shares.js';
import { style } from './style.js';
import { sweepFigures } from './sweep.js';

export type { PageInput, PagePoint } from './page-input.js';

export function renderPage(input: PageInput): string {
  const title = `${input.scenario} · Roundhouse simulation`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<title>${escapeHtml(title)}</title>
${style}
</head>
<body>
<header>
<h1>${escapeHtml(input.scenario)}</h1>
<p>${escapeHtml(input.description)}</p>
</header>
<main>
${input.points.length === 0 ? nothing : results(input)}
${sources(input)}
</main>
<footer>Roundhouse ${escapeHtml(input.version)}, seed ${input.seed}. The same version, scenario and seed give the same digits on every machine.</footer>
</body>
</html>
`;
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

function sources({ scenarioYaml, command }: PageInput): string {
  return `<section id="again">
<h2>Make it again</h2>
<pre>${escapeHtml(command)}</pre>
<details>
<summary>The scenario as it was simulated</summary>
<pre>${escapeHtml(scenarioYaml)}</pre>
</details>
</section>`;
}
