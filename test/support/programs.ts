/**
 * What the system offers: which programs are here, and running one to its end; rights and limits. A test for which something is
 * missing is skipped with the reason printed.
 */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Why a test that needs these programs cannot run here; undefined when it can. */
export function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (absent.length === 0) return undefined;
  const reason = `not installed here: ${absent.join(', ')}`;
  if (process.env['ROUNDHOUSE_SKIP_NOTHING'] !== undefined) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return reason;
}

/** Root may make namespaces and bind low ports; others may not. */
export function notRoot(): string | undefined {
  if (process.getuid?.() === 0) return undefined;
  const reason = 'needs root (a mount namespace with its own /etc/resolv.conf)';
  process.stderr.write(`skipped: ${reason}\n`);
  return reason;
}

/** Why a test that needs so many descriptors, here and in a child process, cannot run. Node has raised its own limit to the hard one. */
export function tooFewDescriptors(needed: number): string | undefined {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  if (!(limit < needed)) return undefined; // nor for "unlimited"
  const reason = `needs ${needed} descriptors, of which ${limit} are allowed (ulimit -n)`;
  if (process.env['ROUNDHOUSE_SKIP_NOTHING'] !== undefined) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return reason;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function exec(program: string, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
