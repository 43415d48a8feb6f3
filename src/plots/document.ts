/**
 * One HTML page that needs nothing else: no script, no font, no network (the page's own policy forbids them), so it can be mailed,
 * kept and opened in ten years. Well-formed as XML too.
 */
import { escapeHtml } from '../html.js';
import { style } from './style.js';

export interface DocumentParts {
  /** Plain text. */
  readonly title: string;
  /** The others are HTML. */
  readonly header: string;
  readonly main: string;
  readonly footer: string;
}

export function htmlDocument({ title, header, main, footer }: DocumentParts): string {
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
${header}
</header>
<main>
${main}
</main>
<footer>${footer}</footer>
</body>
</html>
`;
}

/** Names with their values, side by side. */
export function factsHtml(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`);
  return `<dl class="facts">\n${rows.join('\n')}\n</dl>`;
}

/** How to get the same again. @param source what it was made from, for instance the scenario, under `summary` */
export function againHtml(command: string, summary: string, source: string): string {
  return `<section id="again">
<h2>Make it again</h2>
<pre>${escapeHtml(command)}</pre>
<details>
<summary>${escapeHtml(summary)}</summary>
<pre>${escapeHtml(source)}</pre>
</details>
</section>`;
}
