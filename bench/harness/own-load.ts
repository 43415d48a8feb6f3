/**
 * The program of our own load generators, which prints what came of the load as JSON.
 *
 *     node own-load.js dns|proxy AIM-AS-JSON
 */
import { systemClock } from '../../src/clock.js';
import { serviceName } from '../contenders/zone.js';
import type { Aim } from './driver.js';
import { loadDns } from './own-dns-load.js';
import { loadHttp } from './own-http-load.js';

const [what, text = ''] = process.argv.slice(2);
const aim = JSON.parse(text) as Aim; // own.ts is the only caller
const load = what === 'dns' ? await loadDns(aim, serviceName, systemClock) : await loadHttp(aim, systemClock);
process.stdout.write(JSON.stringify(load));
