/**
 * The command line's side of the admin API.
 */
import type { Clock } from '../clock.js';
import type { MemberChange } from './api.js';
import { reasonOf, withDeadline } from './deadline.js';
import type { ServiceDiscovery } from './discovery.js';
import type { PurgeOutcome } from './purge.js';
import type { Status } from './status.js';

export type AdminVerb = 'drain' | 'enable' | 'disable';

export interface ControlClient {
  status(): Promise<Status>;
  /** Where each process serves its metrics. */
  discovery(): Promise<ServiceDiscovery>;
  change(member: string, verb: AdminVerb): Promise<MemberChange>;
  /** @returns also when some workers did not do it: they are named. */
  purge(said: object): Promise<PurgeOutcome>;
}

/** An error of the control process or of the way to it, as a person should read it. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

const answerMsMax = 5000;

/** @param token sent with changes; needed when the control process has one. */
export function createControlClient(control: URL, token: string | undefined, clock: Clock): ControlClient {
  async function call(method: string, path: string, change?: object): Promise<unknown> {
    const response = await ask(method, new URL(path, control), change);
    const body: unknown = await response.json().catch(() => ({}));
    if (response.ok || (response.status === 502 && change !== undefined)) return body;
    const said = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : `HTTP ${response.status}`;
    throw new ControlError(`control ${control.origin}: ${said}`);
  }

  async function ask(method: string, url: URL, change: object | undefined): Promise<Response> {
    try {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const body = change === undefined ? null : JSON.stringify(change);
      const headers = { 'content-type': 'application/json', ...authorization };
      return await withDeadline(clock, answerMsMax, (signal) => fetch(url, { method, headers, body, signal }));
    } catch (error) {
      throw new ControlError(
        `control ${control.origin}: no answer (${reasonOf(error)}); is the tier running? Start it with \`npm start\`, or name its address with --control`,
        { cause: error },
      );
    }
  }

  return {
    status: async () => (await call('GET', '/api/status')) as Status, // the other end is the same version of this program
    discovery: async () => (await call('GET', '/api/discovery')) as ServiceDiscovery, // as above
    change: async (member, verb) => (await call('POST', `/api/members/${encodeURIComponent(member)}/${verb}`)) as MemberChange,
    purge: async (said) => (await call('POST', '/api/purge', said)) as PurgeOutcome,
  };
}
