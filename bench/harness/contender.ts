/**
 * What a contender is. Each file in `contenders/dns/` and `contenders/proxy/` makes one: a program of the system (`installed`), some
 * lines for Node (`inNode`), or a role of ours (`ours`).
 *
 * Lines for Node stand in the contender's own file, exported as `serve`, and run in a process of their own.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { version as ownVersion } from '../../src/version.js';
import { installedProgram, type InstalledOptions, type Startable } from './programs.js';

/** Where a server is to run, and before what. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** One more port that is free, and on which nobody listens. */
  readonly sparePort: number;
  /** ADDR:PORT of the origin to forward to; empty where nothing is forwarded. */
  readonly origin: string;
}

export interface Contender extends Startable<Place> {
  /** Left out unless it is named. */
  readonly onlyByName?: boolean;
  /** Load before each measurement that does not count. */
  readonly warmUpSeconds: number;
}

/** Caches and pools fill at once. */
const warmUpSeconds = 1;
/** Node compiles what is used often, beside its work on the same core: in its first second it needs three times as long as later. */
const warmUpOfNodeSeconds = 3;

export const installed = (options: InstalledOptions<Place>): Contender => ({ ...installedProgram(options), warmUpSeconds });

const serveProgram = fileURLToPath(new URL('./serve.js', import.meta.url));

export interface InNodeOptions {
  readonly name: string;
  /** `import.meta.url` of the file that exports `serve`. */
  readonly file: string;
  /** The package that does the work; by default Node itself. */
  readonly package?: string;
  readonly onlyByName?: boolean;
}

export function inNode({ name, file, package: of, onlyByName = false }: InNodeOptions): Contender {
  return {
    name,
    onlyByName,
    warmUpSeconds: warmUpOfNodeSeconds,
    find: () => ({ program: process.execPath, version: of === undefined ? `Node ${process.version}` : `${of} ${packageVersion(of)}` }),
    files: () => ({}),
    args: (place) => [serveProgram, file, JSON.stringify(place)],
  };
}

function packageVersion(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { readonly version: string }; // as every package has it
  return version;
}

const ownProgram = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface OursOptions {
  readonly name: string;
  readonly role: 'dns' | 'worker';
  /** What distinguishes it from other contenders of ours. */
  readonly detail?: string;
  /** The configuration, in the file's own words. */
  config(place: Place): object;
}

/** As `roundhouse ROLE CONFIG` runs it; a worker is called w1. */
export function ours({ name, role, detail = '', config }: OursOptions): Contender {
  return {
    name,
    warmUpSeconds: warmUpOfNodeSeconds,
    find: () => ({ program: process.execPath, version: `Roundhouse ${ownVersion}${detail}` }),
    files: (place) => ({ 'roundhouse.yaml': JSON.stringify(config(place)) }),
    args: () => [ownProgram, role, 'roundhouse.yaml', ...(role === 'worker' ? ['--name', 'w1'] : [])],
  };
}
