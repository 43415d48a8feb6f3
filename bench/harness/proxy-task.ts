/**
 * Reverse proxies side by side: one origin behind each of them. Before one is measured it must bring the origin's body, so that nobody
 * is measured failing.
 */
import { get } from 'node:http';
import { proxyContenders } from '../contenders/proxy.js';
import { body, origin } from '../contenders/proxy/origin.js';
import type { Place } from './contender.js';
import { own } from './own.js';
import type { Task } from './task.js';
import { wrk } from './wrk.js';

export const proxyTask: Task = {
  name: 'proxy',
  title: 'Reverse proxies',
  unit: 'request',
  units: 'requests',
  contenders: proxyContenders,
  drivers: [wrk, own('proxy')],
  origin,
  check: checkProxy,
};

const timeoutMs = 1000;

export function checkProxy({ address, port }: Pick<Place, 'address' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, agent: false, timeout: timeoutMs }, (response) => {
      let got = '';
      response.setEncoding('latin1').on('data', (text: string) => (got += text));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && got === body) resolve();
        else reject(new Error(`it answered ${response.statusCode} with ${JSON.stringify(got.slice(0, 100))}, not the origin's body`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`it did not answer within ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}
