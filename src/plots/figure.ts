/**
 * What a figure is to the page: drawings or the reason why there are none, how to read them, and the same in numbers for
 * those who cannot see it or want to paste it.
 */
import { escapeHtml } from '../html.js';
import { marker } from './look.js';

export interface Table {
  readonly head: readonly string[];
  /** The first cell of a row is its head. */
  readonly rows: readonly (readonly string[])[];
  /** Rows are points, in order, and get their marks. */
  readonly marked?: boolean;
  /** The same for the columns after the first. */
  readonly columnsMarked?: boolean;
  /** How many columns from the left are words. */
  readonly words?: number;
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** Plain text. */
  readonly reading: string;
  readonly numbers?: Table;
}

/** A figure that cannot be drawn says why. */
export function notDrawn(id: string, title: string, why: string): Figure {
  return { id, title, body: `<p class="none">Not drawn: ${escapeHtml(why)}</p>`, reading: '' };
}

export function figureHtml({ id, title, body, reading, numbers }: Figure): string {
  const caption = reading === '' ? '' : `\n<p class="reading">${escapeHtml(reading)}</p>`;
  const details = numbers === undefined ? '' : `\n<details>\n<summary>The same in numbers</summary>\n${tableHtml(numbers)}\n</details>`;
  return `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${body}${caption}${details}\n</section>`;
}

export function tableHtml({ head, rows, marked = false, columnsMarked = false, words = 1 }: Table): string {
  const headHtml = (cell: string, column: number): string => {
    const mark = columnsMarked && column > 0 ? marker(column - 1) : '';
    return `<th scope="col"${column < words ? word : ''}>${mark}${escapeHtml(cell)}</th>`;
  };
  const heads = head.map(headHtml).join('');
  const body = rows.map((row, index) => rowHtml(row, marked ? marker(index) : '', words)).join('\n');
  return `<div class="wide" tabindex="0" role="region" aria-label="Table"><table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

const word = ' class="word"';

function rowHtml([first = '', ...cells]: readonly string[], mark: string, words: number): string {
  const rest = cells.map((cell, column) => `<td${column + 1 < words ? word : ''}>${escapeHtml(cell)}</td>`).join('');
  return `<tr><th scope="row"${word}>${mark}${escapeHtml(first)}</th>${rest}</tr>`;
}

/** Which line is which point; one point needs none. */
export function legend(labels: readonly string[]): string {
  if (labels.length < 2) return '';
  const items = labels.map((label, index) => `<li>${marker(index)}${escapeHtml(label)}</li>`).join('');
  return `<ul class="legend">${items}</ul>\n`;
}
