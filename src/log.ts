/**
 * The log, injected: one JSON object a line. The only importer of pino, and of what is said when even that fails.
 *
 * pino is loaded with the first line: six processes that have nothing to say are up 0.1 s sooner.
 *
 * A log that cannot be written (a full disk, a reader that has gone) must not take the service with it: lines are dropped
 * and counted, and standard error is told once.
 */
import { createRequire } from 'node:module';
import type { DestinationStream } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `-` is standard output, `stderr` standard error, anything else a file that is appended to. */
  readonly to: string;
  /** The option that says where, for errors; by default `log.to`. */
  readonly option?: string;
  /** Fields on every line, for example the process's role. */
  readonly fields?: Record<string, unknown>;
}

/** The log cannot be opened: what, why and which option, for a person. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

let failuresTotal = 0;

/** Writes of this process's logs that failed; each is a line or more that is not there. */
export const logFailuresTotal = (): number => failuresTotal;

/** What may wait while writing fails for a moment; beyond it lines are dropped. */
const waitingBytesMax = 1_048_576;

const loadPino = (): typeof import('pino') => createRequire(import.meta.url)('pino') as typeof import('pino'); // it is what stands there

/** Lines are written synchronously: none is lost when the process dies. @throws LogError when the file cannot be opened. */
export function createLog(options: LogOptions): Log {
  // Standard output and error need no opening; a file's fault has to be told now.
  let opened = options.to === '-' || options.to === 'stderr' ? undefined : openLog(options);
  return filtered(options.level, () => (opened ??= openLog(options)));
}

/** Passes on what is of that level or above. */
function filtered(level: LogLevel, log: () => Log): Log {
  const least = logLevels.indexOf(level);
  const write = (own: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (logLevels.indexOf(own) >= least) log()[own](fields, message);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function openLog({ level, to, option = 'log.to', fields = {} }: LogOptions): Log {
  return loadPino().pino(
    { level, base: fields, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    openDestination(to, option),
  );
}

function openDestination(to: string, option: string): DestinationStream {
  const target = to === '-' ? 1 : to === 'stderr' ? 2 : to;
  try {
    const opened = loadPino().destination({ dest: target, sync: true, maxLength: waitingBytesMax });
    opened.on('error', (error: Error) => countFailure(error, to));
    opened.on('drop', () => void (failuresTotal += 1));
    return opened;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LogError(`log: cannot write to ${to}: ${reason}; create its directory or change ${option}`, { cause: error });
  }
}

function countFailure(error: Error, to: string): void {
  failuresTotal += 1;
  if (failuresTotal > 1 || to === 'stderr') return;
  process.stderr.write(`roundhouse: the log cannot be written to ${to}: ${error.message}; lines are being dropped\n`);
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
