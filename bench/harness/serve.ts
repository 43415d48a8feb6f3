/**
 * The program of a contender that is some lines for Node: runs the `serve` of its file at the place it is told.
 *
 *     node serve.js FILE-URL PLACE-AS-JSON
 */
import type { Place } from './contender.js';

const [file = '', place = ''] = process.argv.slice(2);
process.noDeprecation = true; // http-proxy calls util._extend, and Node 22 and later would print so
const { serve } = (await import(file)) as { serve(place: Place): unknown }; // what contender.ts asks of such a file
await serve(JSON.parse(place) as Place);
