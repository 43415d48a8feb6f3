/**
 * Where results go: standard output, which is waited for, and files, which are looked at before anything is measured.
 */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServiceError } from '../service.js';
import { UsageError, wrongValue } from './flags.js';

/** For a person, beside the result. */
export const complain = (text: string): void => void process.stderr.write(`roundhouse: ${text}\n`);

/**
 * Waits until it is written: a result may be megabytes, and the process exits after it. A reader that has gone (`| head -1`) has
 * seen enough. @throws ServiceError for a full disk
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.on('error', () => undefined); // told below
    process.stdout.write(`${text}\n`, (error) => {
      if (error === null || error === undefined || ('code' in error && error.code === 'EPIPE')) resolve();
      else reject(new ServiceError(`output: ${error.message}`, { cause: error }));
    });
  });
}

/** `undefined`: not asked for. `-`: standard output. Else a file. */
export type Output = string | undefined;

/** Of a flag that may stand alone, for standard output, or before a file. @throws UsageError */
export function outputFlag(flag: string, typed: unknown): Output {
  if (typed === undefined) return undefined;
  if (typeof typed !== 'string') throw wrongValue(flag, 'one file at the most', typed);
  if (typed === '' || typed === '-') return '-';
  checkFile(`--${flag}`, typed);
  return typed;
}

/** @param flag such as `--html`. @throws UsageError for a file that cannot be written */
export function checkFile(flag: string, file: string): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) throw new UsageError(`${flag} ${file}: expected a file, got a directory`);
    // Some versions of Node report a path through a file as one that is not there.
    if (found === undefined && !statSync(dirname(file)).isDirectory()) throw new Error('a path through a file');
    accessSync(found === undefined ? dirname(file) : file, constants.W_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${flag} ${file}: expected a file in a directory that may be written`);
  }
}

/** @throws ServiceError */
export function writeResult(flag: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new ServiceError(`${flag} ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** As it can be pasted into a shell. */
export function commandLine(words: readonly string[]): string {
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`));
  return ['roundhouse', ...quoted].join(' ');
}
