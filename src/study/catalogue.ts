/**
 * The scenarios that ship, in the folder `scenarios` beside the program: a name is a file there without `.yaml`.
 */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../version.js';

const folder = new URL('scenarios/', packageRoot);

export function scenarioNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** The file of a scenario: one that ships, or a path. Undefined for what is neither; a path need not exist to be one. */
export function scenarioFile(nameOrPath: string): string | undefined {
  if (scenarioNames().includes(nameOrPath)) return fileURLToPath(new URL(`${nameOrPath}.yaml`, folder));
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath) || statSync(nameOrPath, { throwIfNoEntry: false })?.isFile() === true;
  return isPath ? nameOrPath : undefined;
}
