/** Names of locations, and answers of the service by where clients are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../src/dns/client-message.js';
import { typeCodes } from '../../src/dns/wire.js';
import { createLocations } from '../../src/pool/locations.js';
import type { HealthFact } from '../../src/pool/pool.js';
import { subnetOf, subnetOption, type SubnetOption } from '../support/client-subnet.js';
import { createDnsFixture, header, members, opt, query } from '../support/dns-fixture.js';

const zone = 'roundhouse.test';
const { A, AAAA, ANY, TXT } = typeCodes;
const down: HealthFact = { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 0 };

/** w1 and w2 in London, w3 in Paris with an IPv4 address alone, w4 nowhere. */
const located = members.map(({ address6 = '', ...member }, index) => {
  const location = ['london', 'london', 'paris', undefined][index];
  return { ...member, ...(index === 2 ? {} : { address6 }), ...(location === undefined ? {} : { location }) };
});
const places = ['london', 'paris'];
const locations = createLocations([
  { name: 'london', networks: ['10.0.0.0/8', '2001:db8:1::/48', '127.0.1.0/24'] },
  { name: 'paris', networks: ['10.5.0.0/16', '127.0.2.0/24'] },
]);

const data = (response: Buffer): string[] => readAnswer(response).answers.map((record) => record.data);
const last = (response: Buffer): number[] => data(response).map((address) => Number(address.split(/[.:]/).at(-1)));

describe('the name of a location', () => {
  it('means its members, in a rotation of its own', () => {
    const { respond, stats } = createDnsFixture({ members: located, places });
    const ask = (name: string, type: number = A): number[] => last(respond(query(`${name}.${zone}`, type)));
    expect([ask('london'), ask('LONDON'), ask('london')]).toEqual([[1, 2], [2, 1], [1, 2]]);
    expect(ask('www')).toEqual([1, 2, 3, 4]);
    expect([ask('paris'), ask('paris')]).toEqual([[3], [3]]);
    expect(ask('london', AAAA)).toEqual([1, 2]);
    expect(readAnswer(respond(query(`london.${zone}`, A))).answers[0]).toMatchObject({ ttlS: 30, name: `london.${zone}.` });
    expect([0, 1, 2, 3].map((member) => stats.firstPlaces.at(member, 0))).toEqual([1, 0, 0, 0]); // those of the service alone
  });

  it('has no data of other types and families, and nothing below it', () => {
    const { respond } = createDnsFixture({ members: located, places });
    expect(header(respond(query(`london.${zone}`, TXT)))).toMatchObject({ rcode: 0, aa: true, counts: [1, 0, 1, 0] });
    expect(header(respond(query(`paris.${zone}`, AAAA)))).toMatchObject({ rcode: 0, counts: [1, 0, 1, 0] });
    expect(header(respond(query(`x.london.${zone}`, A)))).toMatchObject({ rcode: 3, counts: [1, 0, 1, 0] });
    expect(header(respond(query(`york.${zone}`, A)))).toMatchObject({ rcode: 3, counts: [1, 0, 1, 0] });
    expect(data(respond(query(`london.${zone}`, ANY)))).toEqual(['"RFC8482" ""']);
  });

  it('leaves out who is down, and fails open by itself', () => {
    const { pool, respond } = createDnsFixture({ members: located, places });
    const ask = (name: string): number[] => last(respond(query(`${name}.${zone}`, A)));
    pool.setHealth('w1', down);
    expect([ask('london'), ask('london')]).toEqual([[2], [2]]);
    pool.setHealth('w2', down);
    expect(ask('london').toSorted()).toEqual([1, 2]);
    expect(ask('www').toSorted()).toEqual([3, 4]);
    pool.setAdmin('w3', 'disabled');
    expect(header(respond(query(`paris.${zone}`, A)))).toMatchObject({ rcode: 0, counts: [1, 0, 1, 0] });
  });

  it('goes on answering while its members are withdrawn from the service', () => {
    const { pool, respond } = createDnsFixture({ members: located, places });
    const ask = (name: string): number[] => last(respond(query(`${name}.${zone}`, A))).toSorted();
    pool.batch(() => ['w1', 'w2'].forEach((name) => pool.setWithdrawn(name, 'lagging')));
    expect([ask('www'), ask('london'), ask('w1')]).toEqual([[3, 4], [1, 2], [1]]);
    pool.setWithdrawn('w3', 'lagging'); // one of four would be left
    expect(ask('www')).toEqual([1, 2, 3, 4]);
    pool.batch(() => ['w1', 'w2', 'w3'].forEach((name) => pool.setWithdrawn(name, null)));
    expect(ask('www')).toEqual([1, 2, 3, 4]);
  });
});

describe('nearest', () => {
  const fixture = () => {
    const made = createDnsFixture({ members: located, places, locations });
    const ask = (subnet: SubnetOption | undefined, { name = 'www', type = A as number, from = '127.0.0.1' } = {}) => {
      const options = subnet === undefined ? Buffer.alloc(0) : subnetOption(subnet);
      const response = made.respond(query(`${name}.${zone}`, type, { additional: [opt({ options })] }), 'udp', from);
      return { ...header(response), members: last(response).toSorted(), subnet: subnetOf(response) };
    };
    return { ...made, ask };
  };

  it.each<[string, SubnetOption, number[], number]>([
    ['London', { sourceBits: 24, address: [10, 1, 2] }, [1, 2], 14],
    ['Paris within', { sourceBits: 24, address: [10, 5, 2] }, [3], 16],
    ['London beside it', { sourceBits: 24, address: [10, 4, 2] }, [1, 2], 16],
    ['London by a prefix that Paris is in, too', { sourceBits: 8, address: [10] }, [1, 2], 14],
    ['London by IPv6', { family: 2, sourceBits: 56, address: [0x20, 1, 0xd, 0xb8, 0, 1, 0] }, [1, 2], 48],
    ['nowhere', { sourceBits: 24, address: [192, 0, 2] }, [1, 2, 3, 4], 1],
  ])('answers %s by client subnet, and for what else this holds', (_, subnet, expected, scopeBits) => {
    const { rcode, members: got, subnet: said } = fixture().ask(subnet, { from: '127.0.2.1' });
    expect({ rcode, got, said }).toEqual({ rcode: 0, got: expected, said: { family: 1, ...subnet, scopeBits } });
  });

  it('goes by the address of who asks when it speaks for nobody', () => {
    const { ask } = fixture();
    expect([ask(undefined, { from: '127.0.1.9' }), ask(undefined, { from: '127.0.2.9' })].map((answer) => answer.members)).toEqual([[1, 2], [3]]);
    expect(ask(undefined).subnet).toBeUndefined();
    const anybody = ask({ sourceBits: 0, address: [] }, { from: '127.0.2.9' });
    expect([anybody.members, anybody.subnet]).toEqual([[3], { family: 1, sourceBits: 0, scopeBits: 0, address: [] }]);
    expect(ask({ family: 0, sourceBits: 0, address: [] }).subnet).toMatchObject({ family: 0, scopeBits: 0 });
  });

  it.each(['london', 'w1', 'ns1', 'nowhere', 'mail'])('says of %s that the answer is for all', (name) => {
    const subnet = { family: 1, sourceBits: 24, scopeBits: 0, address: [10, 1, 2] };
    expect(fixture().ask(subnet, { name }).subnet).toEqual(subnet);
  });

  it('is counted by where clients are, and by what told it', () => {
    const { ask, stats } = fixture();
    ask({ sourceBits: 24, address: [10, 1, 2] });
    ask({ sourceBits: 24, address: [192, 0, 2] });
    ask(undefined, { from: '127.0.2.9' });
    ask({ sourceBits: 0, address: [] }, { from: '127.0.2.9' });
    ask(undefined, { name: 'london' });
    const seen: string[] = [];
    stats.located.forEach((labels, count) => seen.push(`${labels.join(' ')} ${count}`));
    expect(seen).toEqual(['london subnet 1', 'paris source 2', '(none) subnet 1']);
  });

  it('means the service behind an alias, and the location by its name wherever one is', () => {
    const { ask } = fixture();
    const paris = { sourceBits: 24, address: [10, 5, 2] };
    expect(ask(paris, { name: 'london' }).members).toEqual([1, 2]);
    expect(ask(paris, { name: 'w2' }).members).toEqual([2]);
    expect(ask(paris, { name: 'alias' }).subnet?.scopeBits).toBe(16);
  });

  it('falls back to the others while a location is down, withdrawn or full, and says nothing less precise', () => {
    const { ask, pool } = fixture();
    const paris = { sourceBits: 24, address: [10, 5, 2] };
    const london = { sourceBits: 24, address: [10, 1, 2] };
    pool.setHealth('w3', down);
    expect(ask(paris)).toMatchObject({ members: [1, 2, 4], subnet: { scopeBits: 16 } });
    pool.setHealth('w3', { ...down, health: 'up', reason: 'probe-passed' });
    expect(ask(paris).members).toEqual([3]);
    pool.setAlarm('w1', true);
    expect(ask(london).members).toEqual([2]);
    pool.setAlarm('w2', true);
    expect(ask(london).members).toEqual([3, 4]);
    ['w3', 'w4'].forEach((name) => pool.setAlarm(name, true));
    expect(ask(london).members).toEqual([1, 2]); // all are: nobody is better off elsewhere
    ['w1', 'w2', 'w3', 'w4'].forEach((name) => pool.setAlarm(name, false));
    pool.setWithdrawn('w3', 'lagging');
    expect([ask(paris).members, ask(paris, { name: 'paris' }).members]).toEqual([[1, 2, 4], [3]]);
    pool.setWithdrawn('w3', null);
    expect(ask(paris).members).toEqual([3]);
  });

  it('has no data for all when nobody is there', () => {
    const { ask, pool } = fixture();
    pool.batch(() => located.forEach(({ name }) => pool.setAdmin(name, 'disabled')));
    expect(ask({ sourceBits: 24, address: [10, 1, 2] })).toMatchObject({ rcode: 0, counts: [1, 0, 1, 1], subnet: { scopeBits: 0 } });
  });

  it.each<[string, Buffer]>([
    ['bytes behind the prefix', subnetOption({ sourceBits: 24, address: [10, 1, 2, 3] })],
    ['too few bytes', subnetOption({ sourceBits: 25, address: [10, 1, 2] })],
    ['bits behind the prefix', subnetOption({ sourceBits: 20, address: [10, 1, 0x1f] })],
    ['a scope in a query', subnetOption({ sourceBits: 24, scopeBits: 24, address: [10, 1, 2] })],
    ['more bits than an address has', subnetOption({ sourceBits: 33, address: [10, 1, 2, 3, 0] })],
    ['another family', subnetOption({ family: 3, sourceBits: 8, address: [10] })],
    ['nobody in particular with an address', subnetOption({ family: 0, sourceBits: 8, address: [10] })],
    ['an option cut off', Buffer.from([0, 8, 0, 7, 0, 1])],
    ['one without its lengths', Buffer.from([0, 8, 0, 3, 0, 1, 0])],
    ['half a head of one', Buffer.from([0, 8, 0])],
  ])('refuses %s', (_, options) => {
    const { respond } = fixture();
    const response = respond(query(`www.${zone}`, A, { additional: [opt({ options })] }));
    expect(header(response)).toMatchObject({ rcode: 1, counts: [1, 0, 0, 1] });
    expect(subnetOf(response)).toBeUndefined();
  });

  it('passes over other options, and takes the first of two', () => {
    const { respond } = fixture();
    const cookie = Buffer.from([0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
    const [paris, london] = [subnetOption({ sourceBits: 16, address: [10, 5] }), subnetOption({ sourceBits: 16, address: [10, 6] })];
    const response = respond(query(`www.${zone}`, A, { additional: [opt({ options: Buffer.concat([cookie, paris, london]) })] }));
    expect([last(response), subnetOf(response)]).toEqual([[3], { family: 1, sourceBits: 16, scopeBits: 16, address: [10, 5] }]);
  });

  it('answers into the very buffer of the query', () => {
    const { responder, respond } = fixture();
    const asked = query(`www.${zone}`, A, { additional: [opt({ options: subnetOption({ sourceBits: 24, address: [10, 5, 7] }) })] });
    const elsewhere = respond(asked);
    const room = Buffer.alloc(1232);
    asked.copy(room);
    const bytes = responder.respond(room, asked.length, { address: '127.0.0.1' }, 'udp', room);
    expect(room.subarray(0, bytes)).toEqual(elsewhere);
  });

  it('keeps within what the client takes, the option included', () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      return { name: `w${index + 1}`, index, address: `192.0.2.${index + 1}`, port: 80, weight: 1, location: 'london' };
    });
    for (const count of [28, 29, 30, 31]) {
      const { respond } = createDnsFixture({ members: many.slice(0, count), records: [], locations });
      const options = subnetOption({ family: 2, sourceBits: 128, address: [0x20, 1, 0xd, 0xb8, 0, 1, ...Array<number>(10).fill(1)] });
      const response = respond(query(`www.${zone}`, A, { additional: [opt({ bytes: 512, options })] }));
      expect(response.length).toBeLessThanOrEqual(512);
      const tc = response.length < 100;
      expect(header(response)).toMatchObject({ tc, counts: [1, tc ? 0 : count, 0, 1] });
      expect(subnetOf(response)?.sourceBits).toBe(128);
    }
  });

  it('is not shaken by any options', () => {
    const { respond } = fixture();
    const head = fc.constantFrom([0, 8], [0, 10], [0, 8, 0, 7, 0, 1, 24, 0], [0, 8, 0, 4, 0, 2, 0, 0]);
    fc.assert(
      fc.property(fc.array(fc.tuple(head, fc.uint8Array({ maxLength: 24 })), { maxLength: 4 }), (pieces) => {
        const options = Buffer.concat(pieces.flatMap(([known, rest]) => [Buffer.from(known), rest]));
        const response = respond(query(`www.${zone}`, A, { additional: [opt({ options })] }));
        expect([0, 1]).toContain(header(response).rcode);
        expect(response.length).toBeLessThanOrEqual(1232);
        if (header(response).rcode === 0) expect(readAnswer(response).answers.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('without nearest', () => {
  it('client subnet is an option like any other, and goes without an answer', () => {
    const { respond } = createDnsFixture({ members: located, places });
    const broken = subnetOption({ sourceBits: 99, address: [1] });
    const response = respond(query(`www.${zone}`, A, { additional: [opt({ options: broken })] }));
    expect([header(response).rcode, data(response).length, subnetOf(response)]).toEqual([0, 4, undefined]);
  });
});
