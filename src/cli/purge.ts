/**
 * `roundhouse purge`: all workers at once, and an answer when they have done it.
 */
import { systemClock } from '../clock.js';
import { createControlClient } from '../control/client.js';
import { counted } from '../text/numbers.js';
import { controlFlag, UsageError } from './flags.js';

type Given = Readonly<Record<string, unknown>>;

/** @throws UsageError */
function saidBy({ url, tag, prefix, soft }: Given): object {
  const named = Object.entries({ url, tag, prefix }).filter(([, what]) => what !== undefined);
  if (named.length !== 1) throw new UsageError('purge: say what: one of URL, --tag and --prefix');
  for (const [name, what] of named) {
    if (typeof what !== 'string' || what === '') throw new UsageError(`purge: ${name === 'url' ? 'URL' : `--${name}`} is one text, and not empty`);
  }
  return { ...Object.fromEntries(named), soft: soft === true };
}

export async function purgeCommand(given: Given): Promise<{ readonly text: string; readonly exitCode: number }> {
  const client = createControlClient(controlFlag(given['control']), process.env['ROUNDHOUSE_TOKEN'], systemClock);
  const { purged, workers, absent, failed } = await client.purge(saidBy(given));
  const each = workers.map((worker) => `${worker.name} ${worker.purged}`).join(', ');
  const lines = [
    `${counted(purged, 'stored response')} ${given['soft'] === true ? 'made stale' : 'removed'}${each === '' ? '' : ` (${each})`}`,
    ...(absent.length === 0 ? [] : [`not running: ${absent.join(', ')}`]),
    ...failed.map(({ name, reason }) => `${name} has not done it: ${reason}`),
    ...(failed.length === 0 ? [] : ['What is listed may still be served: purge again.']),
  ];
  return { text: lines.join('\n'), exitCode: failed.length === 0 ? 0 : 1 };
}
