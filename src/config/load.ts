/**
 * Loading the configuration of the tier: what `document.ts` does with any file, for this one.
 */
import { findConflicts } from './conflicts.js';
import { openDocument, type DocumentKind, type Overrides } from './document.js';
import { missingOnDisk, withAbsolutePaths } from './paths.js';
import { configSchema, type Config } from './schema.js';

export { ConfigError } from './document.js';

export interface LoadOptions extends Overrides {
  /** Without one: all defaults. */
  readonly file?: string | undefined;
  /** Complain of directories and log files, too, that this machine does not have. */
  readonly onDisk?: boolean | undefined;
}

export interface LoadedConfig {
  /** Its paths are absolute. */
  readonly config: Config;
  readonly file: string | undefined;
  /** What paths in the file were relative to: its directory, or the working directory when there is none. */
  readonly baseDirectory: string;
}

const configuration = (onDisk: boolean): DocumentKind<Config, Config> => ({
  word: 'config',
  noun: 'configuration',
  example: 'roundhouse.yaml',
  schema: configSchema,
  findConflicts,
  finish(config, baseOf) {
    const value = withAbsolutePaths(config, baseOf);
    return { value, problems: onDisk ? missingOnDisk(value) : [] };
  },
});

/** @throws ConfigError */
export function loadConfig({ file, onDisk = false, ...overrides }: LoadOptions = {}): LoadedConfig {
  const document = openDocument(configuration(onDisk), file);
  return { config: document.check(overrides), file, baseDirectory: document.baseDirectory };
}
