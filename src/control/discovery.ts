/**
 * Prometheus HTTP service discovery (`http_sd_configs`): where to scrape, the full list every time.
 */
import type { SocketAddress } from '../service.js';
import { formatAddress } from '../service.js';

export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export type ServiceDiscovery = readonly TargetGroup[];

/** Where one process serves `/metrics`. */
export interface ScrapeTarget {
  readonly role: 'dns' | 'worker';
  readonly name: string;
  readonly at: SocketAddress;
  readonly location?: string | undefined;
}

/** One group per process, with the labels `role`, `worker` and (when configured) `location`. */
export function toDiscovery(targets: readonly ScrapeTarget[]): ServiceDiscovery {
  return targets.map(({ role, name, at, location }) => ({
    targets: [formatAddress(at)],
    labels: {
      role,
      ...(role === 'worker' ? { worker: name } : {}),
      ...(location === undefined ? {} : { location }),
    },
  }));
}
