/**
 * `roundhouse up`: the whole tier in the foreground, and the screen it greets with.
 */
import { statSync } from 'node:fs';
import { systemClock } from '../clock.js';
import { shownTtl, workersOf, type WorkerEntry } from '../config/effective.js';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import { formatAddress } from '../service.js';
import { createTier } from '../tier/tier.js';
import { version } from '../version.js';
import { overridesFrom, type Overrides } from './flags.js';
import { runInForeground } from './lifetime.js';

type Given = Readonly<Record<string, unknown>>;

/**
 * What the command line gives of the configuration. A directory in place of a file means: serve it as the origin.
 *
 * @param onDisk complain of directories and log files, too, that this machine does not have
 */
export function configOf(given: Given, onDisk = false): LoadedConfig {
  const settings = Array.isArray(given['set']) ? given['set'].map(String) : [];
  const overrides = overridesFrom(given, settings);
  const source = typeof given['config'] === 'string' ? given['config'] : undefined;
  if (source !== undefined && isDirectory(source)) return load(withDirectory(overrides, source), undefined, onDisk);
  return load(overrides, source, onDisk);
}

const load = ({ values, flagOf }: Overrides, file: string | undefined, onDisk: boolean): LoadedConfig =>
  loadConfig({ file, overrides: values, flagOf, onDisk });

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // reading it as a file says what is wrong
  }
}

function withDirectory({ values, flagOf }: Overrides, directory: string): Overrides {
  const origin = 'origin' in values && typeof values.origin === 'object' ? values.origin : {};
  return { values: { ...values, origin: { ...origin, directory } }, flagOf: new Map([...flagOf, ['origin.directory', directory]]) };
}

export async function up(given: Given): Promise<number> {
  const { config, baseDirectory } = configOf(given);
  const log = createLog({ ...config.log, fields: { role: 'control' } });
  const tier = createTier({ config, baseDirectory, clock: systemClock, random: systemRandom(), log });
  return runInForeground({
    service: tier,
    starting: `\n  Starting ${counted(workersOf(config).length)} …\n`,
    graceMs: config.proxy.timeouts.drainMs,
    screen: () => greeting(config, systemClock.monotonicMs() / 1000),
    kill: tier.kill,
  });
}

/** @param seconds from the start of the process, which is where the monotonic clock begins, until everything served. */
export function greeting(config: Config, seconds: number): string {
  const { dns, control, origin } = config;
  const workers = workersOf(config);
  const service = `${dns.name}.${dns.zone}`;
  const first = workers[0]?.address ?? workers[0]?.address6 ?? '';
  return `
  Roundhouse ${version} is up (${seconds.toFixed(1)} s): ${service} over ${counted(workers.length)}
  policy ${dns.policy}, TTL ${shownTtl(config)}

  DNS      ${formatAddress(dns)} (UDP and TCP)
  workers  ${workerRange(workers)}
  origin   ${config.origins === undefined ? `http://${formatAddress(origin)} (${origin.directory ?? 'demo'})` : config.origins.map(originUrl).join(', ')}
  control  http://${formatAddress(control)}
  metrics  http://${formatAddress({ address: dns.metricsAddress, port: dns.metricsPort })}/metrics (DNS), port ${config.workers.metricsPort} of each worker

  Try, in another terminal:
    dig @${dns.address} -p ${dns.port} ${service}
    curl http://${formatAddress({ address: first, port: workers[0]?.port ?? 0 })}/
    curl http://${formatAddress({ address: first, port: workers[0]?.metricsPort ?? 0 })}/metrics

  Ctrl-C stops gracefully, a second one at once.
`;
}

const counted = (workers: number): string => (workers === 1 ? '1 worker' : `${workers} workers`);

const originUrl = (origin: NonNullable<Config['origins']>[number]): string => (typeof origin === 'string' ? origin : origin.url);

function workerRange(workers: readonly WorkerEntry[]): string {
  const named = workers.map(({ name, address, address6 = '', port }) => {
    return `${name} http://${formatAddress({ address: address ?? address6, port })}`;
  });
  return named.length <= 3 ? named.join(', ') : `${named[0]} … ${named.at(-1)}`;
}
