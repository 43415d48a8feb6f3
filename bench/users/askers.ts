/**
 * DNS clients by source address: each emulated resolver asks from an address of its own, so that a policy which tells requestors
 * apart tells them apart. Ten thousand resolvers cannot all keep a socket open; those that asked longest ago close theirs.
 */
import { createDnsClient, type DnsClient, type DnsClientOptions } from '../../src/dns/client.js';

export interface Askers {
  /** @throws ServiceError when there is no response */
  ask(from: string | undefined, query: Buffer): Promise<Buffer>;
  close(): void;
}

interface Asker {
  readonly client: DnsClient;
  pending: number;
}

/** Opening a socket for each question costs 60 µs, so it does not matter much. */
const openMaxDefault = 512;

export function createAskers(options: Omit<DnsClientOptions, 'from'>, openMax = openMaxDefault): Askers {
  const open = new Map<string | undefined, Asker>(); // the one used last is the last

  function askerFrom(from: string | undefined): Asker {
    const asker = open.get(from) ?? { client: createDnsClient({ ...options, from }), pending: 0 };
    open.delete(from);
    open.set(from, asker);
    return asker;
  }

  /** Who waits for an answer stays: the number of questions under way bounds the sockets as well. */
  function closeOldest(): void {
    for (const [from, { client, pending }] of open) {
      if (open.size <= openMax) return;
      if (pending > 0) continue;
      client.close();
      open.delete(from);
    }
  }

  return {
    async ask(from, query) {
      const asker = askerFrom(from);
      asker.pending += 1;
      closeOldest();
      try {
        return await asker.client.exchange(query);
      } finally {
        asker.pending -= 1;
      }
    },
    close() {
      for (const { client } of open.values()) client.close();
      open.clear();
    },
  };
}
