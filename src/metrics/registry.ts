/**
 * From plain numbers to Prometheus's text, at scrape time. The only importer of prom-client.
 *
 * Hot paths bump tallies and know nothing of this; a reader copies them out when somebody scrapes. Each process has its
 * own registry, nothing is global. prom-client is loaded with the first scrape: a tier of six processes is up 0.1 s sooner.
 */
import type { Metric, Registry } from 'prom-client';
import type { Distribution, Tally } from '../tally.js';
import { entryOf, type catalog, type CatalogEntry, type MetricName } from './catalog.js';

/** One sample; label values in the order of the catalog. */
export type Emit = (value: number, ...labels: readonly string[]) => void;
export type EmitDistribution = (distribution: Distribution, ...labels: readonly string[]) => void;

export type ValueReader = (emit: Emit) => void | Promise<void>;
export type DistributionReader = (emit: EmitDistribution) => void;

/** What must be given for each name: histograms are read from distributions, all else from values. */
export type Readers<Name extends MetricName> = {
  readonly [N in Name]: (typeof catalog)[N]['type'] extends 'histogram' ? DistributionReader : ValueReader;
};

export interface Metrics {
  readonly contentType: string;
  /** @param names only these, as far as they exist; all by default. */
  render(names?: readonly string[]): Promise<string>;
  /** Lets go of what observes the process. The last values can still be read. */
  close(): void;
}

type PromClient = typeof import('prom-client');

export function createMetrics<Name extends MetricName>(readers: Readers<Name>, close: () => void): Metrics {
  let filled: Promise<Registry> | undefined;
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    async render(names) {
      filled ??= fillRegistry(readers);
      const registry = await filled;
      if (names === undefined) return registry.metrics();
      const known = [...new Set(names)].filter((name) => Object.hasOwn(readers, name));
      const texts = await Promise.all(known.map((name) => registry.getSingleMetricAsString(name)));
      return texts.map((text) => `${text}\n`).join('\n');
    },
    close,
  };
}

async function fillRegistry<Name extends MetricName>(readers: Readers<Name>): Promise<Registry> {
  const client = await import('prom-client');
  const registry = new client.Registry();
  for (const [name, reader] of Object.entries(readers)) {
    // The types of `Readers`, lost by Object.entries.
    register(client, registry, name as MetricName, reader as ValueReader & DistributionReader);
  }
  return registry;
}

function register(client: PromClient, registry: Registry, name: MetricName, reader: ValueReader & DistributionReader): void {
  const entry = entryOf(name);
  if (entry.type !== 'histogram') return registerValue(client, registry, name, entry, reader);
  registry.registerMetric(histogram(name, entry, reader) as unknown as Metric); // the registry calls nothing but `get`
}

function registerValue(
  { Counter, Gauge }: PromClient,
  registry: Registry,
  name: string,
  { type, help, labels }: CatalogEntry,
  read: ValueReader,
): void {
  const common = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  if (type === 'counter') {
    const counter = new Counter({
      ...common,
      collect() {
        counter.reset();
        return read((value, ...values) => counter.labels(...values).inc(value));
      },
    });
    return;
  }
  const gauge = new Gauge({
    ...common,
    collect() {
      gauge.reset();
      if (common.labelNames.length === 0) gauge.remove(); // a gauge that has nothing to say now says nothing, and not 0
      return read((value, ...values) => gauge.labels(...values).set(value));
    },
  });
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** prom-client's own histogram can only observe; ours have counted already. */
function histogram(name: string, { help, labels }: CatalogEntry, read: DistributionReader): object {
  const labelNames = Object.keys(labels);
  const get = (): object => {
    const values: Sample[] = [];
    read((distribution, ...given) => {
      const own = Object.fromEntries(labelNames.map((label, place) => [label, given[place] ?? '']));
      values.push(...bucketsOf(name, own, distribution));
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  };
  return { name, help, type: 'histogram', get: () => Promise.resolve(get()) };
}

function bucketsOf(name: string, labels: Sample['labels'], { bounds, counts, sum }: Distribution): Sample[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, place): Sample => {
    count += counts[place] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }];
}

/** Cells up to which a table is shown whole, zeros too, so that `rate()` sees the first event. */
const wholeCellsMax = 4096;

/** Each cell of a tally, zeros too unless that would be thousands. */
export function emitTally(emit: Emit, tally: Tally, isShown: (...labels: readonly string[]) => boolean = () => true): void {
  const [first = [], second, third] = tally.dimensions;
  const cells = first.length * (second?.length ?? 1) * (third?.length ?? 1);
  if (cells > wholeCellsMax) return tally.forEach((labels, count) => emit(count, ...labels));
  first.forEach((a, i) => {
    if (second === undefined) return emitCell(emit, tally.at(i), isShown, a);
    second.forEach((b, j) => {
      if (third === undefined) return emitCell(emit, tally.at(i, j), isShown, a, b);
      third.forEach((c, k) => emitCell(emit, tally.at(i, j, k), isShown, a, b, c));
    });
  });
}

function emitCell(emit: Emit, count: number, isShown: (...labels: readonly string[]) => boolean, ...labels: readonly string[]): void {
  if (count > 0 || isShown(...labels)) emit(count, ...labels);
}
