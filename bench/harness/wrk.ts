/**
 * wrk as the driver: one thread, connections kept alive.
 */
import { formatAddress } from '../../src/service.js';
import { figureIn, type Aim, type Driver, type Load } from './driver.js';
import { happened } from './failures.js';
import { installedProgram } from './programs.js';

export const wrk: Driver = {
  ...installedProgram<Aim>({
    ...{ name: 'wrk', title: 'wrk', program: 'wrk', debian: 'wrk', versionFlag: '-v' },
    files: () => ({}),
    args: ({ server, seconds, atOnce, path = '/' }) => ['-t', '1', '-c', String(atOnce), '-d', `${seconds}s`, `http://${formatAddress(server)}${path}`],
  }),
  read: readWrk,
};

/** Its duration has two decimals only, its rate was made from all of them. Lines of failures are there when there were some. */
export function readWrk(stdout: string): Load {
  const answers = figureIn(stdout, /(\d+) requests in /);
  const perS = figureIn(stdout, /Requests\/sec: +([\d.]+)/);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? [];
  const [, connect, read, write, timeout] = errors.map(Number);
  return {
    seconds: perS === 0 ? figureIn(stdout, /requests in ([\d.]+)s/) : answers / perS,
    answers,
    failures: happened({
      'status not 2xx or 3xx': Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
      'failed to connect': connect ?? 0,
      'failed to read': read ?? 0,
      'failed to write': write ?? 0,
      'timed out': timeout ?? 0,
    }),
  };
}
