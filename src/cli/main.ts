#!/usr/bin/env node
/**
 * Where the program begins. For `up` the child processes are started first of all, so that they load while the command line
 * and the configuration are being read; everything else is in `commands.ts`.
 */
import { availableParallelism } from 'node:os';
import { warmUp } from '../tier/warm.js';

const [command, ...rest] = process.argv.slice(2);
const isHelp = rest.some((word) => ['-h', '--help', '--version'].includes(word));

/** A guess is enough: one too few is started later, one too many is dropped. */
function guessWorkers(): number {
  const asked = Number(rest[rest.indexOf('--workers') + 1]);
  return Math.min(Number.isInteger(asked) && asked > 0 ? asked : 4, 2 * availableParallelism());
}

if (command === 'up' && !isHelp) {
  const workers = Array.from({ length: guessWorkers() }, () => 'worker' as const);
  warmUp([...(rest.includes('--origin') ? [] : ['origin' as const]), ...workers, 'dns']);
}

await import('./commands.js');
