/**
 * The log, injected: one JSON object a line. The only importer of pino, and of what is said when even that fails.
 *
 * A log that cannot be written (a full disk, a reader that has gone) must not take the service with it: lines are dropped
 * and counted, and standard error is told once.
 */
import { pino, destination, type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log whose every line carries these fields too. */
  child(fields: object): Log;
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

/** Lines are written synchronously: none is lost when the process dies. @throws LogError when the file cannot be opened. */
export function createLog({ level, to, option = 'log.to', fields = {} }: LogOptions): Log {
  return pino(
    { level, base: fields, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    openDestination(to, option),
  ) satisfies Logger;
}

function openDestination(to: string, option: string): ReturnType<typeof destination> {
  const target = to === '-' ? 1 : to === 'stderr' ? 2 : to;
  try {
    const opened = destination({ dest: target, sync: true, maxLength: waitingBytesMax });
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

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };
