/**
 * Who takes part in `bench proxy --case cached`, in the order in which they are shown: what forwards, with its cache switched on.
 */
import type { Contender } from '../harness/contender.js';
import { haproxyCache } from './cache/haproxy.js';
import { nginxCache } from './cache/nginx.js';
import { oursCache } from './cache/ours.js';
import { varnish } from './cache/varnish.js';
import { origin } from './proxy/origin.js';

export const cacheContenders: readonly Contender[] = [oursCache, nginxCache, varnish, haproxyCache, origin];
