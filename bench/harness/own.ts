/**
 * Our own load generators as drivers: always there.
 */
import { fileURLToPath } from 'node:url';
import { version } from '../../src/version.js';
import type { Driver, Load } from './driver.js';

const program = fileURLToPath(new URL('./own-load.js', import.meta.url));

export const own = (what: 'dns' | 'proxy'): Driver => ({
  name: 'own',
  find: () => ({ program: process.execPath, version: `a load generator of ours (Roundhouse ${version})` }),
  files: () => ({}),
  args: (aim) => [program, what, JSON.stringify(aim)],
  read: (stdout) => JSON.parse(stdout) as Load, // own-load.ts printed it
});
