/**
 * Reads the `/metrics` page of one of our processes, for `status` and for the loads that policies weigh: the same numbers
 * that Prometheus scrapes, so that none of the three can disagree.
 */
import type { Clock } from '../clock.js';
import { parseExposition, type Sample } from '../metrics/exposition.js';
import type { MetricName } from '../metrics/catalog.js';
import { formatAddress, type SocketAddress } from '../service.js';
import { withDeadline } from './deadline.js';

export type Page = readonly Sample[];

const pageBytesMax = 4_194_304;

/**
 * @param names only these, which costs the process less; all by default
 * @returns undefined when the page cannot be had in time: the process may be down, and that is no failure of who asks.
 */
export async function scrape(at: SocketAddress, msMax: number, clock: Clock, names: readonly MetricName[] = []): Promise<Page | undefined> {
  const query = names.length === 0 ? '' : `?${names.map((name) => `name[]=${name}`).join('&')}`;
  try {
    return await withDeadline(clock, msMax, async (signal) => {
      const response = await fetch(`http://${formatAddress(at)}/metrics${query}`, { signal });
      if (!response.ok || Number(response.headers.get('content-length') ?? 0) > pageBytesMax) {
        await response.body?.cancel(); // else its connection stays taken
        return undefined;
      }
      return parseExposition(await response.text());
    });
  } catch {
    return undefined;
  }
}

/** Over all samples of that name with these labels; 0 when there is none. */
export function sum(page: Page, name: MetricName, labels: Readonly<Record<string, string>> = {}): number {
  return page
    .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((total, sample) => total + sample.value, 0);
}
