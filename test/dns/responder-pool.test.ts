/**
 * The responder and what stands around it: the pool whose snapshots it follows, the statistics that it bumps.
 */
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../src/dns/client-message.js';
import { typeCodes } from '../../src/dns/wire.js';
import { createDnsFixture, header, members, opt, query } from '../support/dns-fixture.js';

const zone = 'roundhouse.test';
const { A, AAAA, MX, TXT } = typeCodes;

describe('the pool', () => {
  const down = { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 0 } as const;
  const data = (response: Buffer): string[] => readAnswer(response).answers.map((record) => record.data);

  it('leaves members out and takes them back as the snapshot changes', () => {
    const { pool, respond } = createDnsFixture();
    pool.setHealth('w2', down);
    expect(data(respond(query(`www.${zone}`, A))).sort()).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4']);
    pool.setAdmin('w1', 'draining');
    expect(data(respond(query(`www.${zone}`, AAAA))).sort()).toEqual(['2001:db8::3', '2001:db8::4']);
    pool.setHealth('w2', { ...down, health: 'up', reason: 'probe-passed' });
    expect(data(respond(query(`www.${zone}`, A))).sort()).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.4']);
  });

  it('answers NODATA with the SOA when the operator has disabled everybody, and keeps the workers\' own names', () => {
    const { pool, respond } = createDnsFixture();
    for (const { name } of members) pool.setAdmin(name, 'disabled');
    expect(header(respond(query(`www.${zone}`, A)))).toMatchObject({ rcode: 0, aa: true, counts: [1, 0, 1, 0] });
    expect(data(respond(query(`w1.${zone}`, A)))).toEqual(['192.0.2.1']);
  });

  it('shows the rotation only members of the family, so that each gets an equal share', () => {
    const mixed = members.map(({ address6 = '', ...member }, index) => (index < 2 ? { ...member, address6 } : member));
    const { respond, stats } = createDnsFixture({ members: mixed });
    for (let asked = 0; asked < 100; asked += 1) respond(query(`www.${zone}`, AAAA));
    expect(members.map((_, index) => stats.firstPlaces.at(index, 1))).toEqual([50, 50, 0, 0]);
    const withoutFamily = mixed.slice(2).map((member, index) => ({ ...member, index }));
    const nobody = createDnsFixture({ members: withoutFamily }).respond(query(`www.${zone}`, AAAA));
    expect(header(nobody)).toMatchObject({ rcode: 0, counts: [1, 0, 1, 0] });
  });
});

describe('statistics', () => {
  it('count by type, outcome and transport, and observe size and TTL', () => {
    const { respond, stats } = createDnsFixture();
    respond(query(`www.${zone}`, A));
    respond(query(`www.${zone}`, TXT), 'tcp');
    respond(query(`nowhere.${zone}`, MX));
    respond(query('example.org', 999));
    respond(query(`www.${zone}`, A, { counts: [0, 0, 0, 0] }));
    respond(query(`www.${zone}`, A, { additional: [opt({ version: 9 })] }));
    respond(query(`big.${zone}`, TXT));
    respond(query(`www.${zone}`, A, { flags: 0x8000 }), 'tcp');
    const seen: string[] = [];
    stats.queries.forEach((labels, count) => seen.push(`${labels.join(' ')} ${count}`));
    expect(seen.sort()).toEqual(
      [
        'A NOERROR udp 1',
        'TXT NODATA tcp 1',
        'MX NXDOMAIN udp 1',
        'other REFUSED udp 1',
        'none FORMERR udp 1',
        'A BADVERS udp 1',
        'TXT NOERROR udp 1',
        'none dropped tcp 1',
      ].sort(),
    );
    expect(stats.truncatedTotal.at(0)).toBe(1);
    expect([...stats.responseBytes.counts].reduce((sum, count) => sum + count)).toBe(7);
    expect(stats.ttlS.sum).toBe(30);
    expect(stats.firstPlaces.at(0, 0)).toBe(1);
  });
});
