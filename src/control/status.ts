/**
 * The pool as the tier sees it now: probe verdicts and operator states from memory, shares and load from the same
 * `/metrics` pages that Prometheus scrapes, so that `status` and a dashboard can never disagree.
 */
import type { Clock } from '../clock.js';
import { parseExposition, type Sample } from '../metrics/exposition.js';
import type { Admin, Health, HealthReason, MemberState, Pool } from '../pool/pool.js';
import type { ScrapeTarget } from './discovery.js';
import { formatAddress } from '../service.js';
import { withDeadline } from './deadline.js';

export interface MemberStatus {
  readonly name: string;
  readonly address: string | undefined;
  readonly address6: string | undefined;
  readonly port: number;
  readonly health: Health;
  readonly reason: HealthReason;
  readonly detail: string;
  readonly sinceMs: number;
  readonly admin: Admin;
  /** Is it in answers now? */
  readonly eligible: boolean;
  /** The last probes, oldest first: `+` good, `-` failed. */
  readonly history: string;
  /** First places in DNS answers since the DNS process started; undefined when its metrics cannot be read. */
  readonly firstPlaces: number | undefined;
  /** Its share of all first places, 0 to 1. */
  readonly share: number | undefined;
  /** Requests finished and in flight; undefined when the worker's metrics cannot be read. */
  readonly requests: number | undefined;
  readonly inFlight: number | undefined;
}

/** An origin as the workers that can be asked see it: each probes by itself. */
export interface OriginStatus {
  readonly name: string;
  readonly upFor: number;
  readonly probedBy: number;
}

export interface Status {
  readonly service: string;
  readonly policy: string;
  readonly ttl: string;
  readonly failOpen: boolean;
  /** Can the DNS process's metrics be read? */
  readonly dnsReachable: boolean;
  readonly members: readonly MemberStatus[];
  readonly origins: readonly OriginStatus[];
}

export interface StatusOptions {
  readonly pool: Pool;
  readonly history: (member: string) => string;
  readonly targets: readonly ScrapeTarget[];
  readonly service: string;
  readonly policy: string;
  readonly ttl: string;
  readonly clock: Clock;
}

const scrapeMsMax = 1000;
const pageBytesMax = 4_194_304;

export async function collectStatus(options: StatusOptions): Promise<Status> {
  const pages = new Map<string, readonly Sample[] | undefined>();
  await Promise.all(
    options.targets.map(async (target) => {
      pages.set(pageKey(target), await scrape(target, options.clock));
    }),
  );
  const dns = pages.get('dns');
  const { members, eligible, failOpen } = options.pool.snapshot();
  const answers = dns === undefined ? 0 : sum(dns, 'roundhouse_dns_answer_first_places_total', {});
  return {
    service: options.service,
    policy: options.policy,
    ttl: options.ttl,
    failOpen,
    dnsReachable: dns !== undefined,
    origins: originStatuses([...pages.values()].flatMap((page) => page ?? [])),
    members: members.map((state) => {
      const { name } = state.member;
      return memberStatus(state, eligible.includes(state.member), options.history(name), dns, answers, pages.get(name));
    }),
  };
}

function memberStatus(
  { member, admin, health, reason, detail, sinceMs }: MemberState,
  eligible: boolean,
  history: string,
  dns: readonly Sample[] | undefined,
  answers: number,
  worker: readonly Sample[] | undefined,
): MemberStatus {
  const firstPlaces = dns && sum(dns, 'roundhouse_dns_answer_first_places_total', { member: member.name });
  return {
    name: member.name,
    address: member.address,
    address6: member.address6,
    port: member.port,
    health,
    reason,
    detail,
    sinceMs,
    admin,
    eligible,
    history,
    firstPlaces,
    share: firstPlaces === undefined || answers === 0 ? undefined : firstPlaces / answers,
    requests: worker && sum(worker, 'roundhouse_proxy_requests_total', {}),
    inFlight: worker && sum(worker, 'roundhouse_proxy_in_flight_requests', {}),
  };
}

function originStatuses(samples: readonly Sample[]): OriginStatus[] {
  const seen = samples.filter(({ name, labels }) => name === 'roundhouse_pool_member_up' && labels['pool'] === 'origins');
  return [...new Set(seen.map(({ labels }) => labels['member'] ?? ''))].map((name) => {
    const views = seen.filter(({ labels }) => labels['member'] === name);
    return { name, upFor: views.filter(({ value }) => value === 1).length, probedBy: views.length };
  });
}

const pageKey = ({ role, name }: ScrapeTarget): string => (role === 'dns' ? 'dns' : name);

/** @returns undefined when the page cannot be had in time: the process may be down, and that is no failure of `status`. */
async function scrape({ at }: ScrapeTarget, clock: Clock): Promise<readonly Sample[] | undefined> {
  try {
    return await withDeadline(clock, scrapeMsMax, async (signal) => {
      const response = await fetch(`http://${formatAddress(at)}/metrics`, { signal });
      if (!response.ok || Number(response.headers.get('content-length') ?? 0) > pageBytesMax) return undefined;
      return parseExposition(await response.text());
    });
  } catch {
    return undefined;
  }
}

function sum(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>>): number {
  return samples
    .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((total, sample) => total + sample.value, 0);
}
