/**
 * The commands that documentation shows: every line of a fenced block whose info string is `sh tour`.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function tourOf(document: string): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../${document}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```sh tour\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n').filter((line) => line !== ''));
}
