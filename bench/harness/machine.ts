/**
 * What figures belong to: the machine, the commit, the command that measured and the versions of what was measured.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, cpus, release, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageRoot, version } from '../../src/version.js';

export interface Facts {
  readonly machine: Machine;
  /** As git describes the checkout; of an installed package its version. */
  readonly commit: string;
  /** As it can be pasted into a shell. */
  readonly command: string;
  /** Of each program that was measured or that measured, by its name. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** `Linux 6.1.0 x64` */
  readonly system: string;
  /** `v20.20.2` */
  readonly node: string;
}

export function factsOf(command: string, versions: Readonly<Record<string, string>>): Facts {
  return { machine: machineHere(), commit: commitHere(), command, versions };
}

function machineHere(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/** Asks git only where the checkout is ours: an installed package may lie within somebody else's. */
function commitHere(): string {
  const root = fileURLToPath(packageRoot);
  if (!existsSync(new URL('.git', packageRoot))) return `package ${version}`;
  const { status, stdout } = spawnSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : `package ${version}`;
}

/** The machine and the commit in a line: `2 × AMD EPYC, Linux 6.1.0 x64, Node v20.20.2, commit 1a2b3c4`. */
export function factsLine({ machine: { processor, cores, system, node }, commit }: Facts): string {
  const of = commit.startsWith('package') ? `Roundhouse ${commit}` : `commit ${commit}`;
  return `${cores} × ${processor}, ${system}, Node ${node}, ${of}`;
}
