/**
 * `roundhouse resolve`: asks like a resolver would, and shows who stands first how often.
 */
import { systemClock } from '../clock.js';
import { createDnsClient, type DnsAnswer, type DnsClient } from '../dns/client.js';
import { fairness } from '../pool/fairness.js';
import { parseAddress, type SocketAddress } from '../service.js';
import { bar, percent, table } from '../text/table.js';
import { wrongValue } from './flags.js';

interface ResolveOptions {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  readonly server: SocketAddress;
  readonly json: boolean;
}

/** What to print; exit code 1 when the name has no such record. */
export interface Outcome {
  readonly text: string;
  readonly exitCode: number;
}

const timeoutMs = 2000;
const barCells = 30;
const countMax = 1_000_000;

/** @param given the parsed command line. */
export async function resolveCommand(given: Readonly<Record<string, unknown>>): Promise<Outcome> {
  const count = Number(given['count']);
  if (!Number.isInteger(count) || count < 1 || count > countMax) throw wrongValue('count', `a whole number from 1 to ${countMax}`, given['count']);
  const type = String(given['type']).toUpperCase();
  return resolve({ name: String(given['name']), type, count, server: serverOf(String(given['server'])), json: given['json'] === true });
}

/** `127.0.0.1:5300`, `[::1]:5300`; without a port 53. */
function serverOf(text: string): SocketAddress {
  const server = parseAddress(text, 53);
  if (server === undefined) throw wrongValue('server', 'ADDR:PORT such as 127.0.0.1:5300', text);
  return server;
}

async function resolve(options: ResolveOptions): Promise<Outcome> {
  const client = createDnsClient({ server: options.server, timeoutMs, clock: systemClock });
  try {
    return options.count === 1 ? await resolveOnce(client, options) : await resolveMany(client, options);
  } finally {
    client.close();
  }
}

async function resolveOnce(client: DnsClient, { name, type, json }: ResolveOptions): Promise<Outcome> {
  const answer = await client.ask(name, type);
  const exitCode = answer.answers.length > 0 ? 0 : 1;
  if (json) return { text: JSON.stringify(answer, undefined, 2), exitCode };
  if (exitCode === 1) return { text: `${name} ${type}: ${absence(answer)}`, exitCode };
  const rows = answer.answers.map((record, place) => [String(place + 1), record.data, record.type, `${record.ttlS} s`]);
  return { text: table(['place', 'address', 'type', 'TTL'], rows, ['right', 'left', 'left', 'right']), exitCode };
}

const absences: Readonly<Record<string, string>> = {
  NOERROR: 'the name exists, but has no such record (NODATA)',
  NXDOMAIN: 'there is no such name (NXDOMAIN)',
  REFUSED: 'outside the zone of this server (REFUSED); give the whole name, such as www.roundhouse.test',
};
const absence = ({ rcode }: DnsAnswer): string => absences[rcode] ?? rcode;

async function resolveMany(client: DnsClient, { name, type, count, json }: ResolveOptions): Promise<Outcome> {
  const firstPlaces = new Map<string, number>();
  for (let asked = 0; asked < count; asked += 1) {
    const answer = await client.ask(name, type);
    answer.answers.forEach(({ data }, place) => firstPlaces.set(data, (firstPlaces.get(data) ?? 0) + (place === 0 ? 1 : 0)));
    if (answer.answers.length === 0) return { text: `${name} ${type}: ${absence(answer)}`, exitCode: 1 };
  }
  const ranked = [...firstPlaces].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const { jain, maxOverMean } = fairness(ranked.map(([, times]) => times));
  const counted = { name, type, count, firstPlaces: Object.fromEntries(ranked), jain, maxOverMean };
  if (json) return { text: JSON.stringify(counted, undefined, 2), exitCode: 0 };
  const most = Math.max(...firstPlaces.values());
  const rows = ranked.map(([address, times]) => [address, String(times), percent(times / count), bar(times / most, barCells)]);
  const bars = table(['address', 'first', 'share', ''], rows, ['left', 'right', 'right']);
  const verdict = `${count} answers: Jain index ${jain.toFixed(4)} (1 is even), max/mean ${maxOverMean.toFixed(3)}`;
  return { text: `${bars}\n\n${verdict}`, exitCode: 0 };
}
