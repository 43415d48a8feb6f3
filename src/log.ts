/**
 * The log, injected: one JSON object a line. The only importer of pino, and the only file that may write to a console.
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
  /** Fields on every line, for example the process's role. */
  readonly fields?: Record<string, unknown>;
}

/** @throws when the file cannot be opened. Lines are written synchronously: none is lost when the process dies. */
export function createLog({ level, to, fields = {} }: LogOptions): Log {
  const target = to === '-' ? 1 : to === 'stderr' ? 2 : to;
  const logger: Logger = pino(
    { level, base: fields, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    destination({ dest: target, sync: true, mkdir: true }),
  );
  return logger;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };
