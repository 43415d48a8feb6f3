/**
 * dnsperf as the driver: UDP, one thread, a socket for every few queries under way.
 */
import { serviceName } from '../contenders/zone.js';
import { figureIn, type Aim, type Driver, type Load } from './driver.js';
import { happened } from './failures.js';
import { installedProgram } from './programs.js';

/** How long it waits for an answer, at the end too. */
const timeoutS = 1;
const queriesPerSocket = 16;

export const dnsperf: Driver = {
  ...installedProgram<Aim>({
    ...{ name: 'dnsperf', title: 'dnsperf', program: 'dnsperf', debian: 'dnsperf', versionFlag: '-h' },
    files: () => ({ questions: `${serviceName} A\n` }),
    args: ({ server, seconds, atOnce }) => [
      ...['-s', server.address, '-p', String(server.port), '-d', 'questions', '-m', 'udp', '-T', '1', '-t', String(timeoutS)],
      ...['-l', String(seconds), '-q', String(atOnce), '-c', String(Math.ceil(atOnce / queriesPerSocket))],
    ],
  }),
  read: readDnsperf,
};

/** All its answers are of the one question, so any code but NOERROR is a failure. */
export function readDnsperf(stdout: string): Load {
  const codes = /Response codes: +(.*)/.exec(stdout)?.[1] ?? '';
  const counted = [...codes.matchAll(/(\w+) (\d+)/g)].filter(([, code]) => code !== 'NOERROR');
  return {
    seconds: figureIn(stdout, /Run time \(s\): +([\d.]+)/),
    answers: figureIn(stdout, /Queries completed: +(\d+)/),
    failures: happened({ lost: figureIn(stdout, /Queries lost: +(\d+)/), ...Object.fromEntries(counted.map(([, code, times]) => [code, Number(times)])) }),
  };
}
