/**
 * The pool as the tier sees it now: probe verdicts and operator states from memory, shares and load from the same
 * `/metrics` pages that Prometheus scrapes, so that `status` and a dashboard can never disagree.
 */
import type { Clock } from '../clock.js';
import type { Admin, Health, HealthReason, MemberState, Pool, WithdrawalReason } from '../pool/pool.js';
import type { ScrapeTarget } from './discovery.js';
import type { LoadOf, LoadReading } from './message.js';
import { scrape, sum, type Page } from './scrape.js';

export interface MemberStatus {
  readonly name: string;
  readonly address: string | undefined;
  readonly address6: string | undefined;
  readonly port: number;
  readonly weight: number;
  readonly health: Health;
  readonly reason: HealthReason;
  readonly detail: string;
  readonly sinceMs: number;
  readonly admin: Admin;
  /** Where it stands; undefined when it was not said. */
  readonly location: string | undefined;
  /** Why it is kept out of the answers for all, though it is well; null when it is not. */
  readonly withdrawn: WithdrawalReason | null;
  /** Is it in answers for all now? */
  readonly eligible: boolean;
  /** The last probes, oldest first: `+` good, `-` failed. */
  readonly history: string;
  /** First places in DNS answers since the DNS process started; undefined when its metrics cannot be read. */
  readonly firstPlaces: number | undefined;
  /** Its share of all first places, 0 to 1. */
  readonly share: number | undefined;
  /** It was busier than `dns.alarm` allows. */
  readonly alarmed: boolean;
  /** Busy part of the last interval, 0 to 1; undefined when nobody needs loads, or the worker was not heard lately. */
  readonly utilisation: number | undefined;
  /** Exchanges in service and waiting when that interval ended; undefined as above. */
  readonly backlog: number | undefined;
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
  /** Withdrawn members are answered all the same, since too few others are left. */
  readonly withdrawalIgnored: boolean;
  /** Can the DNS process's metrics be read? */
  readonly dnsReachable: boolean;
  readonly members: readonly MemberStatus[];
  readonly origins: readonly OriginStatus[];
}

export interface StatusOptions {
  readonly pool: Pool;
  readonly history: (member: string) => string;
  readonly loadOf: LoadOf;
  readonly targets: readonly ScrapeTarget[];
  readonly service: string;
  readonly policy: string;
  readonly ttl: string;
  readonly clock: Clock;
}

const scrapeMsMax = 1000;

export async function collectStatus(options: StatusOptions): Promise<Status> {
  const pages = new Map<string, Page | undefined>();
  await Promise.all(
    options.targets.map(async (target) => {
      pages.set(pageKey(target), await scrape(target.at, scrapeMsMax, options.clock));
    }),
  );
  const dns = pages.get('dns');
  const { members, eligible, failOpen, withdrawalIgnored } = options.pool.snapshot();
  return {
    service: options.service,
    policy: options.policy,
    ttl: options.ttl,
    failOpen,
    withdrawalIgnored,
    dnsReachable: dns !== undefined,
    origins: originStatuses([...pages.values()].flatMap((page) => page ?? [])),
    members: members.map((state) => {
      const { name, index } = state.member;
      return {
        ...factsOf(state),
        eligible: eligible.includes(state.member),
        history: options.history(name),
        ...placesOf(name, dns),
        ...loadOf(options.loadOf(index), pages.get(name)),
      };
    }),
  };
}

function factsOf({ member, admin, health, reason, detail, sinceMs, alarmed, withdrawn }: MemberState) {
  const { name, address, address6, port, weight, location } = member;
  return { name, address, address6, port, weight, location, health, reason, detail, sinceMs, admin, alarmed, withdrawn };
}

function placesOf(member: string, dns: Page | undefined): Pick<MemberStatus, 'firstPlaces' | 'share'> {
  if (dns === undefined) return { firstPlaces: undefined, share: undefined };
  const answers = sum(dns, 'roundhouse_dns_answer_first_places_total');
  const firstPlaces = sum(dns, 'roundhouse_dns_answer_first_places_total', { member });
  return { firstPlaces, share: answers === 0 ? undefined : firstPlaces / answers };
}

function loadOf(reading: LoadReading | undefined, worker: Page | undefined) {
  return {
    utilisation: reading?.utilisation ?? undefined,
    backlog: reading?.backlog,
    requests: worker && sum(worker, 'roundhouse_proxy_requests_total'),
    inFlight: worker && sum(worker, 'roundhouse_proxy_in_flight_requests'),
  };
}

function originStatuses(samples: Page): OriginStatus[] {
  const seen = samples.filter(({ name, labels }) => name === 'roundhouse_pool_member_up' && labels['pool'] === 'origins');
  return [...new Set(seen.map(({ labels }) => labels['member'] ?? ''))].map((name) => {
    const views = seen.filter(({ labels }) => labels['member'] === name);
    return { name, upFor: views.filter(({ value }) => value === 1).length, probedBy: views.length };
  });
}

const pageKey = ({ role, name }: ScrapeTarget): string => (role === 'dns' ? 'dns' : name);
