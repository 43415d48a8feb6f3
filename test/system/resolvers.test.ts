/**
 * Real resolvers and clients: dig, unbound before our zone, the C library's getaddrinfo, and curl through all of it.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/metrics/exposition.js';
import { exec, missing, notRoot } from '../support/programs.js';
import { startTier, type TestTier } from '../support/tier.js';
import { startUnbound, type Unbound } from '../support/unbound.js';

let tier: TestTier;
beforeAll(async () => {
  const records = [
    { name: 'alias', type: 'CNAME', value: 'www' },
    { name: 'big', type: 'TXT', value: 'x'.repeat(1500) },
  ];
  tier = await startTier({ config: { dns: { ttl: 30, records } } });
});
afterAll(async () => {
  await tier.stop();
});

const workers = (): string[] => [11, 12, 13, 14].map((n) => `${tier.network}.${n}`);

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('dig'))('dig', () => {
  const dig = async (...args: string[]): Promise<string> => (await exec('dig', [`@${tier.dns.address}`, '-p', '5300', ...args])).stdout;

  it('gets all addresses, another one first each time', async () => {
    const firsts = new Set<string>();
    for (let asked = 0; asked < 4; asked += 1) {
      const lines = (await dig(tier.service, '+short')).trim().split('\n');
      expect([...lines].sort()).toEqual(workers());
      firsts.add(lines[0] ?? '');
    }
    expect(firsts.size).toBe(4);
  });

  it('gets the workers of a place by client subnet, by who asks, and by the name of the place', async () => {
    const locations = { london: { workers: ['w1'], networks: ['10.0.0.0/8', '127.0.9.0/24'] }, paris: { workers: ['w2'], networks: ['10.5.0.0/16'] } };
    const near = await startTier({ config: { dns: { policy: 'nearest' }, locations }, args: ['--workers', '3'] });
    const at = async (...args: string[]): Promise<string> => (await exec('dig', [`@${near.dns.address}`, '-p', '5300', ...args])).stdout;
    const [w1 = '', w2 = '', w3 = ''] = [11, 12, 13].map((last) => `${near.network}.${last}`);
    const inLondon = await at(near.service, '+subnet=10.1.2.0/24');
    expect(inLondon).toMatch(/CLIENT-SUBNET: 10\.1\.2\.0\/24\/14/);
    expect(inLondon).toContain(w1);
    expect(inLondon).not.toMatch(new RegExp(`${w2}|${w3}|malformed|extra bytes`));
    expect((await at(near.service, '+subnet=10.5.2.0/24', '+short')).trim()).toBe(w2);
    expect(await at(near.service, '+subnet=2001:db8::/56', '+tcp')).toMatch(/CLIENT-SUBNET: 2001:db8::\/56\/0/);
    expect((await at(near.service, '+subnet=0', '-b', '127.0.9.1', '+short')).trim()).toBe(w1);
    expect((await at(near.service, '-b', '127.0.9.1', '+short')).trim()).toBe(w1);
    expect((await at(near.service, '+short')).trim().split('\n').toSorted()).toEqual([w1, w2, w3]);
    expect(await at('london.roundhouse.test', '+subnet=10.5.2.0/24')).toMatch(new RegExp(`CLIENT-SUBNET: 10\\.5\\.2\\.0/24/0[^]*${w1}`));
    await near.stop();
  });

  it('sees an authoritative answer with EDNS over UDP and over TCP, without a warning', async () => {
    for (const transport of ['+notcp', '+tcp']) {
      const text = await dig(tier.service, transport);
      expect(text).toMatch(/status: NOERROR/);
      expect(text).toMatch(/flags: qr aa rd;/);
      expect(text).toMatch(/udp: 1232/);
      expect(text.replace('WARNING: recursion requested but not available', '')).not.toMatch(/warning|malformed|extra bytes/i);
    }
  });

  it('keeps the letter case of the question', async () => {
    expect(await dig('wWw.RoundHouse.TEST', '+nocookie')).toMatch(/wWw\.RoundHouse\.TEST\.\s+\d+\s+IN\s+A/);
  });

  it('tells NXDOMAIN from NODATA, each with the SOA', async () => {
    const absent = await dig(`nobody.roundhouse.test`);
    expect(absent).toMatch(/status: NXDOMAIN/);
    expect(absent).toMatch(/roundhouse\.test\.\s+\d+\s+IN\s+SOA/);
    const noData = await dig(tier.service, 'MX');
    expect(noData).toMatch(/status: NOERROR.*ANSWER: 0, AUTHORITY: 1/s);
  });

  it('is refused outside the zone, answered HINFO for ANY, BADVERS for EDNS 1, NOTIMP for other opcodes', async () => {
    expect(await dig('example.com')).toMatch(/status: REFUSED/);
    expect(await dig(tier.service, 'ANY', '+notcp')).toMatch(/HINFO\s+"RFC8482" ""/);
    expect(await dig(tier.service, '+edns=1', '+noednsneg')).toMatch(/status: BADVERS/);
    expect(await dig(tier.service, '+opcode=STATUS')).toMatch(/status: NOTIMP/);
  });

  it('follows an alias, and falls back to TCP when an answer is truncated', async () => {
    expect((await dig('alias.roundhouse.test', '+short')).trim().split('\n')).toHaveLength(5);
    expect(await dig('big.roundhouse.test', 'TXT', '+ignore')).toMatch(/flags: qr aa tc/);
    const whole = await dig('big.roundhouse.test', 'TXT');
    expect(whole).toMatch(/Truncated, retrying in TCP/);
    expect(whole.match(/x/g)?.length).toBeGreaterThanOrEqual(1500);
  });
});

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('unbound', 'unshare', 'getent', 'curl') ?? notRoot())('unbound, getaddrinfo and curl', () => {
  let unbound: Unbound;
  let resolv: string;

  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-resolv-'));
    resolv = join(directory, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${tier.network}.53\n`);
    unbound = await startUnbound({ address: `${tier.network}.53`, port: 53 }, tier.dns);
  });
  afterAll(() => unbound.stop());

  /** A queries that reached our server. */
  async function queriesSeen(): Promise<number> {
    const samples = parseExposition(await (await fetch(`http://${tier.network}.1:9153/metrics`)).text());
    const counted = samples.filter(({ name, labels }) => name === 'roundhouse_dns_queries_total' && labels['type'] === 'A');
    return counted.reduce((sum, { value }) => sum + value, 0);
  }

  /** Runs a shell command in which the C library resolves through unbound. */
  const inside = (command: string): ReturnType<typeof exec> => exec('unshare', ['-m', 'sh', '-c', `mount --bind ${resolv} /etc/resolv.conf && ${command}`]);

  it('unbound resolves and caches the zone', async () => {
    const { stdout } = await exec('dig', [`@${tier.network}.53`, tier.service, '+short']);
    expect(stdout.trim().split('\n').sort()).toEqual(workers());
    const asked = await queriesSeen();
    for (let again = 0; again < 5; again += 1) await exec('dig', [`@${tier.network}.53`, tier.service, '+short']);
    expect(await queriesSeen()).toBe(asked);
    const negative = await exec('dig', [`@${tier.network}.53`, 'nobody.roundhouse.test']);
    expect(negative.stdout).toMatch(/status: NXDOMAIN/);
  });

  it('getaddrinfo resolves the name', async () => {
    const { stdout, stderr } = await inside(`getent ahostsv4 ${tier.service}`);
    const found = new Set(stdout.split('\n').map((line) => line.split(' ')[0]).filter((word) => word !== ''));
    expect([...found].sort(), stderr).toEqual(workers());
  });

  it('curl reaches every worker through it', async () => {
    const { stdout } = await inside(`for i in $(seq 40); do curl -s -o /dev/null -D - http://${tier.service}:8080/echo | grep -i ^via; done`);
    const reached = new Set(stdout.match(/\bw\d\b/g));
    expect([...reached].sort()).toEqual(['w1', 'w2', 'w3', 'w4']);
  });
});
