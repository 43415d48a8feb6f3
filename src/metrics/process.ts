/**
 * What this process uses: CPU, memory, descriptors, how busy and how late its event loop is.
 *
 * Most names are those of prom-client's default metrics, which dashboards for Node know; the code is our own because
 * prom-client never releases its observers, takes only the first of several collections that are reported at once, and
 * counts the sampling interval (10 ms) as lag.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { constants, monitorEventLoopDelay, performance, PerformanceObserver, type IntervalHistogram } from 'node:perf_hooks';
import { createDistribution, observe, type Distribution } from '../tally.js';
import { catalog, type MetricName } from './catalog.js';
import type { Emit, Readers } from './registry.js';

type ProcessMetricName = Extract<MetricName, `process_${string}` | `nodejs_${string}` | `roundhouse_process_${string}`>;

export interface ObservedProcess {
  readonly readers: Readers<ProcessMetricName>;
  close(): void;
}

/** Each sample wakes the process; every 20 ms costs nothing that can be measured. */
const samplingMs = 20;

export function observeProcess(): ObservedProcess {
  const lag = monitorEventLoopDelay({ resolution: samplingMs });
  lag.enable();
  const pauses = observePauses();
  return {
    readers: {
      ...resourceReaders(),
      ...lagReaders(lag),
      // The loop's own account since it began, this turn included: two readings give the utilisation between them.
      roundhouse_process_event_loop_active_seconds_total: (emit) => emit(performance.eventLoopUtilization().active / 1000),
      roundhouse_process_event_loop_idle_seconds_total: (emit) => emit(performance.eventLoopUtilization().idle / 1000),
      nodejs_gc_duration_seconds: (emit) => pauses.byKind.forEach((pause, kind) => emit(pause, kind)),
    },
    close() {
      lag.disable();
      pauses.close();
    },
  };
}

function resourceReaders() {
  const cpuS = (part: 'user' | 'system'): number => process.cpuUsage()[part] / 1e6;
  const fdsMax = maxDescriptors();
  return {
    process_cpu_user_seconds_total: (emit: Emit) => emit(cpuS('user')),
    process_cpu_system_seconds_total: (emit: Emit) => emit(cpuS('system')),
    process_cpu_seconds_total: (emit: Emit) => emit(cpuS('user') + cpuS('system')),
    process_start_time_seconds: (emit: Emit) => emit(performance.timeOrigin / 1000),
    process_resident_memory_bytes: (emit: Emit) => emit(process.memoryUsage.rss()),
    process_open_fds: emitDescriptors,
    process_max_fds: (emit: Emit) => void (fdsMax !== undefined && emit(fdsMax)),
    nodejs_active_resources: emitActiveResources,
    nodejs_heap_size_total_bytes: (emit: Emit) => emit(process.memoryUsage().heapTotal),
    nodejs_heap_size_used_bytes: (emit: Emit) => emit(process.memoryUsage().heapUsed),
    nodejs_external_memory_bytes: (emit: Emit) => emit(process.memoryUsage().external),
  };
}

type LagSummary = Readonly<Record<'min' | 'max' | 'mean' | 'p50' | 'p90' | 'p99', number>>;

/** The first reading of a scrape ends the interval; the others come in the same turn of the loop and tell of the same one. */
function lagReaders(lag: IntervalHistogram) {
  let last: LagSummary | undefined;
  const tell = (key: keyof LagSummary) => (emit: Emit) => {
    if (lag.count > 0) {
      last = summaryOf(lag);
      lag.reset();
    }
    if (last !== undefined) emit(last[key]);
  };
  return {
    nodejs_eventloop_lag_min_seconds: tell('min'),
    nodejs_eventloop_lag_max_seconds: tell('max'),
    nodejs_eventloop_lag_mean_seconds: tell('mean'),
    nodejs_eventloop_lag_p50_seconds: tell('p50'),
    nodejs_eventloop_lag_p90_seconds: tell('p90'),
    nodejs_eventloop_lag_p99_seconds: tell('p99'),
  };
}

/** The histogram holds the time between two samples in nanoseconds; what exceeds the interval is lag. */
function summaryOf(lag: IntervalHistogram): LagSummary {
  const seconds = (ns: number): number => Math.max(0, ns / 1e9 - samplingMs / 1000);
  return {
    min: seconds(lag.min),
    max: seconds(lag.max),
    mean: seconds(lag.mean),
    p50: seconds(lag.percentile(50)),
    p90: seconds(lag.percentile(90)),
    p99: seconds(lag.percentile(99)),
  };
}

const pauseBoundsS = [0.001, 0.01, 0.1, 1, 2, 5];
const pauseKinds: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

function observePauses(): { readonly byKind: ReadonlyMap<string, Distribution>; close(): void } {
  const byKind = new Map(catalog.nodejs_gc_duration_seconds.labels.kind.map((kind) => [kind as string, createDistribution(pauseBoundsS)]));
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { readonly detail?: { readonly kind?: number } }; // entries of type `gc` have it; the types do not say so
      const pause = byKind.get(pauseKinds.get(detail?.kind ?? 0) ?? '');
      if (pause !== undefined) observe(pause, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { byKind, close: () => observer.disconnect() };
}

/** Linux tells; elsewhere there is no sample. */
async function emitDescriptors(emit: Emit): Promise<void> {
  try {
    const open = await readdir('/proc/self/fd');
    emit(open.length - 1); // the directory itself was open while it was read
  } catch {
    // not Linux
  }
}

function maxDescriptors(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined; // not Linux
  }
}

function emitActiveResources(emit: Emit): void {
  const byType = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) byType.set(type, (byType.get(type) ?? 0) + 1);
  for (const [type, count] of byType) emit(count, type);
}
