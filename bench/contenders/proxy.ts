/**
 * The reverse proxies, ours first; the origin alone is the floor.
 */
import type { Contender } from '../harness/contender.js';
import { canary } from './proxy/canary.js';
import { haproxy } from './proxy/haproxy.js';
import { httpProxy } from './proxy/http-proxy.js';
import { withoutAgent } from './proxy/http-proxy-no-agent.js';
import { nginx } from './proxy/nginx.js';
import { nodeHttp } from './proxy/node-http.js';
import { origin } from './proxy/origin.js';
import { engines } from './proxy/ours.js';

export const proxyContenders: readonly Contender[] = [...engines, httpProxy, withoutAgent, nodeHttp, canary, nginx, haproxy, origin];
