/**
 * Plain text tables and bars for terminals: columns padded to their widest cell, nothing coloured, so that the output
 * can be piped and compared.
 */

export type Align = 'left' | 'right';

/** Rows under a head; the last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], align: readonly Align[] = []): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows].map((row) => line(row, widths, align)).join('\n');
}

function line(row: readonly string[], widths: readonly number[], align: readonly Align[]): string {
  return row
    .map((cell, column) => (align[column] === 'right' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    .join('  ')
    .trimEnd();
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** @param part 0 to 1 of `cells` character cells, to an eighth of a cell. */
export function bar(part: number, cells: number): string {
  const total = Math.round(Math.min(Math.max(part, 0), 1) * cells * 8);
  return '█'.repeat(total >> 3) + (eighths[total & 7] ?? '');
}

export const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** `3 s`, `5 min`, `2 h`, `4 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
