/**
 * Locations in a real tier: by client subnet and without, by name, when a location is drained, and when it is withdrawn.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createControl } from '../../src/control/control.js';
import { readAnswer } from '../../src/dns/client-message.js';
import { createDnsClient, type DnsClient } from '../../src/dns/client.js';
import { typeCodes } from '../../src/dns/wire.js';
import { silentLog } from '../../src/log.js';
import { createRandom } from '../../src/random.js';
import { ownNetwork } from '../support/addresses.js';
import { subnetOf, subnetOption } from '../support/client-subnet.js';
import { opt, query } from '../support/dns-fixture.js';
import { writeDatabase } from '../support/mmdb.js';
import { run, startTier, type TestTier } from '../support/tier.js';

const locations = {
  london: { workers: ['w1', 'w2'], networks: ['10.0.0.0/8', '127.0.9.0/24'] },
  paris: { workers: ['w3', 'w4'], networks: ['10.5.0.0/16'] },
};

type Bytes = readonly number[];

interface Answer {
  /** Numbers of the workers, sorted. */
  readonly workers: number[];
  readonly scopeBits: number | undefined;
}

async function ask(client: DnsClient, name: string, subnet?: Bytes): Promise<Answer> {
  const options = subnet === undefined ? Buffer.alloc(0) : subnetOption({ sourceBits: 8 * subnet.length, address: subnet });
  const response = await client.exchange(query(name, typeCodes.A, { additional: [opt({ options })] }));
  const workers = readAnswer(response).answers.map(({ data }) => Number(data.split('.').at(-1)) - 10);
  return { workers: workers.toSorted(), scopeBits: subnetOf(response)?.scopeBits };
}

/** `fetch` does not let us choose the Host. */
async function getAs(host: string, url: string): Promise<{ readonly body: string }> {
  const [response] = (await once(request(url, { headers: { host } }).end(), 'response')) as [IncomingMessage]; // as documented
  return { body: (await response.setEncoding('utf8').toArray()).join('') };
}

const london: Bytes = [10, 1, 1];
const paris: Bytes = [10, 5, 1];

describe('a tier in two places', () => {
  let tier: TestTier;
  let client: DnsClient;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'roundhouse-locations-'));
    const locationDatabase = join(directory, 'countries.mmdb');
    writeFileSync(locationDatabase, writeDatabase([{ network: '20.0.0.0/8', record: { country: { iso_code: 'FR' } } }]));
    const mapped = { ...locations, paris: { ...locations.paris, countries: ['FR'] } };
    tier = await startTier({ config: { dns: { policy: 'nearest', locationDatabase }, locations: mapped } });
    client = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });
  });
  afterAll(async () => {
    client.close();
    await tier.stop();
    rmSync(directory, { recursive: true });
  });

  it('answers by client subnet, or by who asks, and says how far that holds', async () => {
    expect(await ask(client, tier.service, london)).toEqual({ workers: [1, 2], scopeBits: 14 });
    expect(await ask(client, tier.service, paris)).toEqual({ workers: [3, 4], scopeBits: 16 });
    expect(await ask(client, tier.service, [20, 1, 1])).toEqual({ workers: [3, 4], scopeBits: 8 }); // by the database
    expect((await ask(client, tier.service, [192, 0, 2])).workers).toEqual([1, 2, 3, 4]);
    expect(await ask(client, tier.service)).toEqual({ workers: [1, 2, 3, 4], scopeBits: undefined });
    const inLondon = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock, from: '127.0.9.7' });
    expect((await ask(inLondon, tier.service)).workers).toEqual([1, 2]);
    inLondon.close();
  });

  it('means by the name of a place the workers there, whoever asks', async () => {
    expect(await ask(client, 'london.roundhouse.test', paris)).toEqual({ workers: [1, 2], scopeBits: 0 });
    expect(await ask(client, 'w3.roundhouse.test', london)).toEqual({ workers: [3], scopeBits: 0 });
    expect((await client.ask('york.roundhouse.test', 'A')).rcode).toBe('NXDOMAIN');
    expect((await tier.command('status')).stdout).toMatch(/w4 +paris +127/);
  });

  it('serves one content under every name, and tells the origin one name', async () => {
    const told = new Set<string>();
    for (const name of ['www', 'london', 'w3']) {
      const { body } = await getAs(`${name}.roundhouse.test:8080`, `${tier.worker('w3')}/echo`);
      told.add(/"x-forwarded-host",\s*"([^"]+)"/i.exec(body)?.[1] ?? body);
    }
    expect([...told]).toEqual(['www.roundhouse.test:8080']);
  });

  it('sends the clients of a place that is drained to the others, and back', async () => {
    for (const name of ['w1', 'w2']) await tier.command('drain', name);
    await expect.poll(async () => (await ask(client, tier.service, london)).workers).toEqual([3, 4]);
    expect((await ask(client, 'london.roundhouse.test')).workers).toEqual([]);
    for (const name of ['w1', 'w2']) await tier.command('enable', name);
    await expect.poll(async () => (await ask(client, tier.service, london)).workers).toEqual([1, 2]);
  });
});

describe('a place that lags', () => {
  it('leaves the service name of the DNS process, not its own, until it has caught up', async () => {
    const network = ownNetwork();
    const members = [1, 2, 3, 4].map((number, index) => {
      return { name: `w${number}`, index, address: `${network}.${10 + number}`, port: 8080, weight: 1, location: number < 3 ? 'london' : 'paris' };
    });
    const intervals = { interMs: 1000, fastinterMs: 1000, downinterMs: 1000 };
    const control = createControl({
      listen: { address: `${network}.1`, port: 9100 },
      members,
      endpoints: members.map(({ address }) => ({ address, port: 9101 })),
      dnsEndpoint: { address: `${network}.1`, port: 9153 },
      probe: { ...intervals, path: '/', timeoutMs: 10, rise: 1, fall: 1, initialState: 'up', upThresh: 0.5 },
      ...{ service: 'www', policy: 'nearest', ttl: '30', token: undefined, stateFile: undefined },
      ...{ clock: systemClock, random: createRandom(1), log: silentLog },
    });
    await control.start(); // without probes, everybody stays up
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-locations-'));
    const file = join(directory, 'roundhouse.yaml');
    const dns = { address: `${network}.1`, metricsAddress: `${network}.1`, policy: 'nearest' };
    const probe = { timeoutMs: 10, initialState: 'up' };
    writeFileSync(file, JSON.stringify({ dns, workers: { address: `${network}.11`, probe }, control: { address: `${network}.1` }, locations }));
    const server = run(['dns', file]);
    const client = createDnsClient({ server: { address: `${network}.1`, port: 5300 }, timeoutMs: 500, clock: systemClock });
    const workers = async (name: string, subnet?: Bytes): Promise<number[]> => (await ask(client, `${name}.roundhouse.test`, subnet)).workers;
    await expect.poll(() => workers('www', london).catch(() => []), { timeout: 20_000 }).toEqual([1, 2]);

    control.pool.batch(() => ['w1', 'w2'].forEach((name) => control.pool.setWithdrawn(name, 'lagging')));
    await expect.poll(() => workers('www', london)).toEqual([3, 4]);
    expect(await workers('www')).toEqual([3, 4]);
    expect([await workers('london'), await workers('w1')]).toEqual([[1, 2], [1]]);
    const metrics = await (await fetch(`http://${network}.1:9153/metrics`)).text();
    expect(metrics).toMatch(/roundhouse_pool_member_withdrawn\{pool="workers",member="w1",reason="lagging"\} 1/);

    control.pool.setWithdrawn('w3', 'lagging'); // one of four is too few
    await expect.poll(() => workers('www')).toEqual([1, 2, 3, 4]);
    expect(await workers('www', london)).toEqual([1, 2]);

    control.pool.batch(() => members.forEach(({ name }) => control.pool.setWithdrawn(name, null)));
    await expect.poll(() => workers('www', london)).toEqual([1, 2]);
    expect(await workers('www')).toEqual([1, 2, 3, 4]);
    client.close();
    await server.stop();
    await control.stop(0);
    rmSync(directory, { recursive: true });
  });
});
