/**
 * A client population for a running tier: each request resolves the service name through our DNS, connects to the first
 * address, and on a connection that fails goes on to the next one. That is what browsers and `curl` do.
 */
import { request } from 'node:http';
import { createDnsClient } from '../../src/dns/client.js';
import { systemClock } from '../../src/clock.js';

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly via: string;
}

/** One GET on a connection of its own. Rejects when the connection fails or the response is incomplete. */
export function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), via: String(response.headers['via'] ?? '') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

export interface Load {
  /** Requests finished well, by the address that answered. */
  readonly served: ReadonlyMap<string, number>;
  /** Attempts that failed before another address was tried. */
  readonly retried: number;
  /** Requests for which no address gave a good answer, with the last reason. */
  readonly failures: readonly string[];
}

export interface LoadRun {
  /** Ends the load and resolves when the last request is over. */
  stop(): Promise<Load>;
  /** Resolves after so many more requests have been finished. */
  more(requests: number): Promise<void>;
}

export interface LoadOptions {
  readonly dns: { readonly address: string; readonly port: number };
  readonly name: string;
  readonly path: string;
  readonly port: number;
  readonly users: number;
}

/** Closed loop: each user sends its next request when the last one is over. */
export function startLoad({ dns, name, path, port, users }: LoadOptions): LoadRun {
  const served = new Map<string, number>();
  const failures: string[] = [];
  const waiting = new Set<{ at: number; resolve: () => void }>();
  let retried = 0;
  let finished = 0;
  let running = true;

  async function once(client: ReturnType<typeof createDnsClient>): Promise<void> {
    const { answers } = await client.ask(name, 'A');
    let reason = 'no address';
    for (const { data } of answers) {
      try {
        const reply = await get(`http://${data}:${port}${path}`);
        if (reply.status === 200) {
          served.set(data, (served.get(data) ?? 0) + 1);
          return;
        }
        reason = `${data}: HTTP ${reply.status} ${reply.body.slice(0, 200)}`;
      } catch (error) {
        reason = `${data}: ${String(error)}`;
      }
      retried += 1;
    }
    failures.push(reason);
  }

  async function user(): Promise<void> {
    const client = createDnsClient({ server: dns, timeoutMs: 2000, clock: systemClock });
    while (running) {
      await once(client).catch((error: unknown) => failures.push(String(error)));
      finished += 1;
      for (const waiter of waiting) if (finished >= waiter.at) waiter.resolve();
    }
    client.close();
  }

  const all = Promise.all(Array.from({ length: users }, user));
  return {
    async stop() {
      running = false;
      await all;
      return { served, retried, failures };
    },
    more: (requests) => new Promise((resolve) => waiting.add({ at: finished + requests, resolve })),
  };
}
