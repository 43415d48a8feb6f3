/**
 * The program of our own load generators, which prints what came of the load as JSON.
 *
 *     node own-load.js dns|proxy AIM-AS-JSON
 */
import { systemClock } from '../../src/clock.js';
import { createRandom } from '../../src/random.js';
import { serviceName } from '../contenders/zone.js';
import type { Aim, Load } from './driver.js';
import { loadDns } from './own-dns-load.js';
import { loadHttp } from './own-http-load.js';
import { loadHttpPaced } from './paced-http-load.js';

const [what, text = ''] = process.argv.slice(2);
const aim = JSON.parse(text) as Aim; // own.ts is the only caller
process.stdout.write(JSON.stringify(await load()));

function load(): Promise<Load> {
  if (what === 'dns') return loadDns(aim, serviceName, systemClock);
  return aim.perS === undefined ? loadHttp(aim, systemClock) : loadHttpPaced(aim, systemClock, createRandom(1));
}
