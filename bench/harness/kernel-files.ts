/**
 * The files in which Linux tells of processes and cores. What is not there (any more) is empty, so that readers need not ask whether
 * this is Linux, or whether a process has ended between two looks.
 */
import { readdirSync, readFileSync } from 'node:fs';

export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The entries named by a number, as processes and threads are. */
export function numberedIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
