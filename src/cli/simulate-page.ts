/**
 * `simulate --html FILE`: where the page goes, and what it is told beside the figures.
 */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServiceError } from '../service.js';
import type { PagePoint } from '../sim/report/page-input.js';
import { renderPage } from '../sim/report/page.js';
import { plain } from '../study/sweep.js';
import { version } from '../version.js';
import { UsageError } from './flags.js';
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
  checkFile(file);
  return (context, results) => writePage(file, context, results);
}

function checkFile(file: string): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) throw new UsageError(`--html ${file}: expected a file, got a directory`);
    // Some versions of Node report a path through a file as one that is not there.
    if (found === undefined && !statSync(dirname(file)).isDirectory()) throw new Error('a path through a file');
    accessSync(found === undefined ? dirname(file) : file, constants.W_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--html ${file}: expected a file in a directory that may be written`);
  }
}

function writePage(file: string, context: PageContext, results: readonly SweepRow[]): void {
  const page = renderPage({ ...context, version, points: results.map(pointOf), command: commandLine(process.argv.slice(2)) });
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new ServiceError(`--html ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  process.stderr.write(`The page is in ${file}.\n`);
}

function pointOf({ set, summary }: SweepRow): PagePoint {
  const settings = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, plain(value)]));
  const swept = Object.entries(settings).map(([key, value]) => `${key.split('.').at(-1)} ${value}`);
  return { label: swept.length === 0 ? summary.policy : swept.join(', '), settings, summary };
}

/** As it can be pasted into a shell. */
export function commandLine(words: readonly string[]): string {
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`));
  return ['roundhouse', ...quoted].join(' ');
}
