/**
 * Programs that are started for a measurement, servers and load generators alike: where they are, which version, the files they want
 * and their arguments. Daemons live in /usr/sbin, which is on few users' PATH.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** @typeParam On what it has to be told to start: where to listen, whom to load. */
export interface Startable<On> {
  readonly name: string;
  find(): Found | Missing;
  files(on: On): Files;
  /** Its arguments; the program stands in `Found`. */
  args(on: On): readonly string[];
}

export interface Found {
  readonly program: string;
  /** `BIND 9.18.49`, `http-proxy 1.18.1`. */
  readonly version: string;
}

/** Not installed; the Debian package that has it. */
export interface Missing {
  readonly debian: string;
}

/** Name → text; programs run in the directory that has them. */
export type Files = Readonly<Record<string, string>>;

export interface InstalledOptions<On> {
  readonly name: string;
  /** Its proper name: `Knot DNS`. */
  readonly title: string;
  readonly program: string;
  readonly debian: string;
  /** What makes it tell its version. */
  readonly versionFlag: string;
  files(on: On): Files;
  args(on: On): readonly string[];
}

/** A program of the system. */
export function installedProgram<On>({ name, title, program, debian, versionFlag, files, args }: InstalledOptions<On>): Startable<On> {
  return {
    name,
    find() {
      const path = findProgram(program);
      return path === undefined ? { debian } : { program: path, version: `${title} ${versionOf(path, versionFlag)}` };
    },
    files,
    args,
  };
}

const sbin = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of the first program of this name; undefined when there is none. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  const directories = [...path.split(':').filter((directory) => directory !== ''), ...sbin];
  return directories.map((directory) => join(directory, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const askMs = 5000;

/** Some tell it only beside a complaint, and some on standard error. */
function versionOf(program: string, flag: string): string {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8', timeout: askMs, stdio: ['ignore', 'pipe', 'pipe'] });
  return versionIn(`${stdout}\n${stderr}`);
}

/** The first thing in the text that looks like a version: `9.18.49`. */
export const versionIn = (text: string): string => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? 'of unknown version';
