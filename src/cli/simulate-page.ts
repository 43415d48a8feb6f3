/**
 * `simulate --html FILE`: where the page goes, and what it is told beside the figures.
 */
import type { PagePoint } from '../sim/report/page-input.js';
import { renderPage } from '../sim/report/page.js';
import { plain } from '../study/sweep.js';
import { version } from '../version.js';
import { checkFile, commandLine, writeResult } from './output.js';
import type { SweepRow } from './simulate-table.js';

export interface PageContext {
  readonly scenario: string;
  readonly description: string;
  readonly scenarioYaml: string;
  readonly seed: number;
}

/**
 * Looks at the file now, since nobody wants to hear after hours of simulation that it cannot be written.
 *
 * @returns what writes the page
 * @throws UsageError
 */
export function openPage(file: string): (context: PageContext, results: readonly SweepRow[]) => void {
  checkFile('--html', file);
  return (context, results) => writePage(file, context, results);
}

function writePage(file: string, context: PageContext, results: readonly SweepRow[]): void {
  const page = renderPage({ ...context, version, points: results.map(pointOf), command: commandLine(process.argv.slice(2)) });
  writeResult('--html', file, page);
  process.stderr.write(`The page is in ${file}.\n`);
}

function pointOf({ set, summary }: SweepRow): PagePoint {
  const settings = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, plain(value)]));
  const swept = Object.entries(settings).map(([key, value]) => `${key.split('.').at(-1)} ${value}`);
  return { label: swept.length === 0 ? summary.policy : swept.join(', '), settings, summary };
}
