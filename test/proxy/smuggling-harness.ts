/**
 * An attack on a whole worker, and what may have come of it: what the origin believes to have been asked, and whether the next client
 * gets its own answer.
 */
import { expect } from 'vitest';
import type { CreateEngine } from '../../src/proxy/engines/engine.js';
import type { Worker, WorkerOptions } from '../../src/proxy/worker.js';
import {
  habits, isProbe, readCarelessly, readStrictly, startCarelessOrigin, wordsOf, type CarelessOrigin, type Habit, type Play, type SeenRequest,
} from '../support/careless-origin.js';
import { connectRaw, type RawClient } from '../support/raw-client.js';
import { keep, startWorkerWith } from './worker-harness.js';

export interface Scene {
  readonly worker: Worker;
  readonly port: number;
  readonly origin: CarelessOrigin;
  connect(): Promise<RawClient>;
  /** Faults that were counted, by code. */
  counted(): Record<string, number>;
}

interface SceneOptions {
  readonly habit?: Habit;
  readonly play?: Play;
  readonly early?: Play;
  readonly worker?: Partial<WorkerOptions>;
}

export async function startScene(create: CreateEngine, options: SceneOptions = {}): Promise<Scene> {
  const origin = await startCarelessOrigin(options.habit ?? 'coding-first', options.play, options.early);
  keep({ ...origin, port: 0, sockets: new Set() });
  const { worker, port } = await startWorkerWith(create, [origin.url], options.worker);
  const counted = (): Record<string, number> => {
    const codes: Record<string, number> = {};
    worker.stats.faults.forEach(([code = ''], count) => (codes[code] = count));
    return codes;
  };
  return { worker, port, origin, connect: () => connectRaw({ address: '127.0.0.1', port }), counted };
}

export const get = (target: string, ...fields: readonly string[]): string => ['GET', target, 'HTTP/1.1\r\n'].join(' ') + ['Host: h', ...fields, '', ''].join('\r\n');

let victims = 0;

/** Another client asks for something of its own, and gets that. */
export async function expectNoVictim(scene: Scene): Promise<string> {
  const target = `/victim/${(victims += 1)}`;
  const client = await scene.connect();
  client.send(get(target, 'Connection: close'));
  expect(await client.response()).toMatchObject({ status: 200, body: wordsOf({ method: 'GET', target, body: '' }) });
  await client.ended();
  expect(client.rest).toBe('');
  client.end();
  return target;
}

/** All readers see the same requests on all connections. @returns those that are complete, as the strict one sees them */
export function agreedRequests({ origin }: Scene): SeenRequest[] {
  return origin.connections.flatMap(({ text }) => {
    const strict = readStrictly(text);
    for (const habit of habits) expect(readCarelessly(text, habit).map(summary), habit).toEqual(strict.map(summary));
    return strict.filter((request) => request.complete && !isProbe(request));
  });
}

const summary = ({ method, target, body, complete }: SeenRequest): object => ({ method, target, body, complete });
