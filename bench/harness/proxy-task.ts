/**
 * Reverse proxies side by side: one origin behind each of them. Before one is measured it must bring the origin's body, so that nobody
 * is measured failing.
 */
import { get, type IncomingHttpHeaders } from 'node:http';
import { cacheContenders } from '../contenders/cache.js';
import { proxyContenders } from '../contenders/proxy.js';
import { origin } from '../contenders/proxy/origin.js';
import { bodies, type BodyPath } from '../contenders/responses.js';
import type { Place } from './contender.js';
import { own } from './own.js';
import { closedLoopMeasures, openLoopMeasures, type Task } from './task.js';
import { wrk } from './wrk.js';

export const proxyCases = ['small', 'large', 'half-load', 'cached'] as const;
export type ProxyCase = (typeof proxyCases)[number];

const common = { name: 'proxy', lanes: ['connection', 'connections'], contenders: proxyContenders, origin } as const;

/** Bodies of 100 bytes, of 1 MiB; 100 bytes at a rate that is half of what ours can; 100 bytes out of the cache. */
export const proxyTasks: Readonly<Record<ProxyCase, Task>> = {
  small: {
    ...common,
    ...{ case: 'small', title: 'Reverse proxies', unit: 'request', units: 'requests' },
    measures: closedLoopMeasures('request', 'requests'),
    drivers: [wrk, own('proxy')],
    check: (place) => checkProxy(place, '/').then(() => undefined),
  },
  large: {
    ...common,
    ...{ case: 'large', title: 'Reverse proxies with bodies of 1 MiB', unit: 'MiB', units: 'MiB', path: '/large' },
    measures: closedLoopMeasures('MiB', 'MiB'),
    drivers: [wrk, own('proxy')],
    check: (place) => checkProxy(place, '/large').then(() => undefined),
  },
  'half-load': {
    ...common,
    ...{ case: 'half-load', title: 'Latency of reverse proxies', unit: 'request', units: 'requests', isOpenLoop: true },
    measures: openLoopMeasures('request'),
    drivers: [own('proxy')],
    check: (place) => checkProxy(place, '/').then(() => undefined),
  },
  cached: {
    ...common,
    ...{ case: 'cached', title: 'Caches', unit: 'request', units: 'requests', path: '/cached', contenders: cacheContenders },
    measures: closedLoopMeasures('request', 'requests'),
    drivers: [wrk, own('proxy')],
    check: checkCache,
    checkOrigin: (place) => checkProxy(place, '/cached').then(() => undefined),
  },
};

const timeoutMs = 1000;

/** @returns the fields of the response. @throws Error when it does not bring the origin's body */
export function checkProxy({ address, port }: Pick<Place, 'address' | 'port'>, path: BodyPath): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, path, agent: false, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const got = Buffer.concat(chunks);
        if (response.statusCode === 200 && got.equals(bodies[path])) resolve(response.headers);
        else reject(new Error(`it answered ${response.statusCode} with ${shown(got)}, not the origin's body`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`it did not answer within ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}

/** The origin counts what it makes: who brings the same twice has stored it. */
export async function checkCache(place: Pick<Place, 'address' | 'port'>): Promise<void> {
  const [first, second] = [await checkProxy(place, '/cached'), await checkProxy(place, '/cached')];
  if (first['x-made'] !== second['x-made']) throw new Error('it asked the origin again for what it could have stored');
}

const shown = (body: Buffer): string => `${body.length} bytes, ${JSON.stringify(body.toString('latin1', 0, 100))}`;
