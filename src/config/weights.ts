/**
 * Files of weights: how many clients each resolver has, one number a line, as exported from a log or a spreadsheet.
 */
import { readFileSync, statSync } from 'node:fs';

const fileBytesMax = 67_108_864;

/**
 * `#` starts a comment, a comma or semicolon ends the number, empty lines do not count.
 *
 * @throws Error with a text for a person, without the name of the file
 */
export function readWeights(file: string, weightsMax: number): number[] {
  const weights = readText(file)
    .split('\n')
    .flatMap((line, index): number[] => {
      const text = (line.split('#', 1)[0] ?? '').trim().replace(/[,;].*$/, '');
      if (text === '') return [];
      const weight = Number(text);
      if (!Number.isFinite(weight) || weight < 0) throw new Error(`line ${index + 1}: expected a number of at least 0, got ${JSON.stringify(text.slice(0, 40))}`);
      return [weight];
    });
  if (weights.length > weightsMax) throw new Error(`expected at most ${weightsMax} weights, got ${weights.length}`);
  if (weights.every((weight) => weight === 0)) throw new Error('expected weights that add up to more than 0');
  return weights;
}

function readText(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new Error('there is no such file');
  if (!found.isFile()) throw new Error('this is no file');
  if (found.size > fileBytesMax) throw new Error(`the file is larger than ${fileBytesMax} bytes`);
  return readFileSync(file, 'utf8');
}
