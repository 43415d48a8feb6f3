import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../src/dns/client-message.js';
import { typeCodes } from '../../src/dns/wire.js';
import type { Transport } from '../../src/dns/stats.js';
import { createDnsFixture, header, members, opt, query } from '../support/dns-fixture.js';

const zone = 'roundhouse.test';
const { A, AAAA, ANY, AXFR, CAA, CNAME, IXFR, MAILA, MAILB, MX, NS, OPT, SOA, SRV, TXT } = typeCodes;
const rcode = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/** `name type ttl data` of each answer. */
const answersOf = (response: Buffer): string[] =>
  readAnswer(response).answers.map(({ name, type, ttlS, data }) => `${name} ${type} ${ttlS} ${data}`);

describe('bytes', () => {
  const question = `03${Buffer.from('www').toString('hex')}0a${Buffer.from('roundhouse').toString('hex')}04${Buffer.from('test').toString('hex')}00`;
  const address = (last: number): string => `c00c000100010000001e0004c00002${String(last).padStart(2, '0')}`;

  it('answers A with all members, header and question around them', () => {
    const { respond } = createDnsFixture();
    expect(respond(query(`www.${zone}`, A)).toString('hex')).toBe(`123485000001000400000000${question}00010001${[1, 2, 3, 4].map(address).join('')}`);
    expect(respond(query(`www.${zone}`, A)).toString('hex')).toBe(`123485000001000400000000${question}00010001${[2, 3, 4, 1].map(address).join('')}`);
  });

  it('adds OPT when there was one, with DO as it came', () => {
    const { respond } = createDnsFixture({ members: members.slice(0, 1) });
    const plain = respond(query(`www.${zone}`, A, { additional: [opt({ bytes: 4096 })] }));
    expect(plain.toString('hex')).toBe(`123485000001000100000001${question}00010001${address(1)}00002904d0000000000000`);
    const withDo = respond(query(`www.${zone}`, A, { additional: [opt({ dnssecOk: true })] }));
    expect(withDo.subarray(-11).toString('hex')).toBe('00002904d0000080000000');
  });

  it('points the SOA of a negative answer at the apex in the question', () => {
    const { respond } = createDnsFixture();
    const response = respond(query(`nowhere.${zone}`, A));
    const soaAt = 12 + `nowhere.${zone}`.length + 2 + 4;
    // c00c + 8 bytes of `nowhere`; type 6, class 1, TTL 10
    expect(response.toString('hex', 0, 12)).toBe('123485030001000000010000');
    expect(response.toString('hex', soaAt, soaAt + 10)).toBe('c014000600010000000a');
    expect(response.readUInt32BE(response.length - 4)).toBe(10);
    expect(response.readUInt32BE(response.length - 20)).toBe(1_700_000_000);
  });

  it('points the records behind a CNAME at its target', () => {
    const { respond } = createDnsFixture({ members: members.slice(0, 1) });
    const name = `alias.${zone}`;
    const targetAt = 12 + name.length + 2 + 4 + 12;
    const response = respond(query(name, A));
    expect(header(response).counts).toEqual([1, 2, 0, 0]);
    expect(response.subarray(-16).toString('hex')).toBe(`${(0xc000 | targetAt).toString(16)}${address(1).slice(4)}`);
  });

  it('keeps the letter case of the question and looks it up without', () => {
    const { respond } = createDnsFixture();
    const asked = query('wWw.RoundHOUSE.tesT', A);
    const response = respond(asked);
    expect(response.subarray(12, asked.length)).toEqual(asked.subarray(12));
    expect(header(response).counts[1]).toBe(4);
  });
});

describe('names and types', () => {
  const soa = 'soa';
  const table: readonly (readonly [string, number, number, readonly string[], string?])[] = [
    [zone, SOA, rcode.NOERROR, [`${zone}. SOA 3600 ns1.${zone}. hostmaster.${zone}. 1700000000 3600 600 1209600 10`]],
    [zone, NS, rcode.NOERROR, [`${zone}. NS 3600 ns1.${zone}.`]],
    [zone, MX, rcode.NOERROR, [`${zone}. MX 600 10 mail.${zone}.`]],
    [zone, CAA, rcode.NOERROR, [`${zone}. CAA 60 0 issue "ca.example.org"`]],
    [zone, A, rcode.NOERROR, [], soa],
    [`_sip._udp.${zone}`, SRV, rcode.NOERROR, [`_sip._udp.${zone}. SRV 60 0 5 5060 mail.${zone}.`]],
    [`ns1.${zone}`, A, rcode.NOERROR, [`ns1.${zone}. A 3600 127.0.0.1`]],
    [`w3.${zone}`, A, rcode.NOERROR, [`w3.${zone}. A 300 192.0.2.3`]],
    [`w3.${zone}`, AAAA, rcode.NOERROR, [`w3.${zone}. AAAA 300 2001:db8::3`]],
    [`www.${zone}`, TXT, rcode.NOERROR, [], soa],
    [`www.${zone}`, 65_280, rcode.NOERROR, [], soa],
    [`www.${zone}`, 0, rcode.NOERROR, [], soa],
    [`nowhere.${zone}`, A, rcode.NXDOMAIN, [], soa],
    [`below.www.${zone}`, A, rcode.NXDOMAIN, [], soa],
    // Empty non-terminals exist (RFC 8020).
    [`below.nothing.${zone}`, TXT, rcode.NOERROR, [], soa],
    [`nothing.${zone}`, ANY, rcode.NOERROR, [], soa],
    [`beside.nothing.${zone}`, TXT, rcode.NXDOMAIN, [], soa],
    // Aliases, chased within the zone.
    [`alias.${zone}`, CNAME, rcode.NOERROR, [`alias.${zone}. CNAME 120 www.${zone}.`]],
    [`alias.${zone}`, TXT, rcode.NOERROR, [`alias.${zone}. CNAME 120 www.${zone}.`], soa],
    [`away.${zone}`, A, rcode.NOERROR, [`away.${zone}. CNAME 120 example.org.`]],
    [`dangling.${zone}`, A, rcode.NXDOMAIN, [`dangling.${zone}. CNAME 120 nowhere.${zone}.`], soa],
    [`loop.${zone}`, A, rcode.NOERROR, new Array<string>(8).fill(`loop.${zone}. CNAME 120 loop.${zone}.`)],
    // Wildcards (RFC 4592): of the closest encloser only, and never over a name that exists.
    [`x.wild.${zone}`, TXT, rcode.NOERROR, [`x.wild.${zone}. TXT 60 "any card"`]],
    [`y.x.wild.${zone}`, TXT, rcode.NOERROR, [`y.x.wild.${zone}. TXT 60 "any card"`]],
    [`*.wild.${zone}`, TXT, rcode.NOERROR, [`*.wild.${zone}. TXT 60 "any card"`]],
    [`x.wild.${zone}`, A, rcode.NOERROR, [], soa],
    [`real.wild.${zone}`, TXT, rcode.NOERROR, [], soa],
    [`x.real.wild.${zone}`, TXT, rcode.NXDOMAIN, [], soa],
    [`ent.wild.${zone}`, TXT, rcode.NOERROR, [], soa],
    [`x.ent.wild.${zone}`, TXT, rcode.NXDOMAIN, [], soa],
    [`wild.${zone}`, TXT, rcode.NOERROR, [], soa],
    // RFC 8482, and its exception for aliases.
    [`www.${zone}`, ANY, rcode.NOERROR, [`www.${zone}. HINFO 3600 "RFC8482" ""`]],
    [`x.wild.${zone}`, ANY, rcode.NOERROR, [`x.wild.${zone}. HINFO 3600 "RFC8482" ""`]],
    [`alias2.${zone}`, ANY, rcode.NOERROR, [`alias2.${zone}. CNAME 120 alias.${zone}.`]],
    [`nowhere.${zone}`, ANY, rcode.NXDOMAIN, [], soa],
  ];

  const cases = table.map(([name, type, ...expected]) => ({ name, type, expected }));
  it.each(cases)('$name $type', ({ name, type, expected: [expectedRcode, answers, authority] }) => {
    for (const transport of ['udp', 'tcp'] as const) {
      const response = createDnsFixture().respond(query(name, type), transport);
      const { rcode: got, aa, tc, counts } = header(response);
      expect({ rcode: got, aa, tc, answers: answersOf(response), authorities: counts[2] }).toEqual({
        rcode: expectedRcode,
        aa: true,
        tc: false,
        answers,
        authorities: authority === undefined ? 0 : 1,
      });
    }
  });

  it('rotates behind aliases and wildcards too, with the one cursor of the RRset', () => {
    const { respond } = createDnsFixture();
    const firstOf = (name: string): string | undefined => answersOf(respond(query(name, A))).find((line) => line.includes(' A '));
    expect([`alias2.${zone}`, `www.${zone}`, `x.cards.${zone}`, `alias.${zone}`].map(firstOf)).toEqual([
      `www.${zone}. A 30 192.0.2.1`,
      `www.${zone}. A 30 192.0.2.2`,
      `www.${zone}. A 30 192.0.2.3`,
      `www.${zone}. A 30 192.0.2.4`,
    ]);
  });

  it('rotates at the apex too, beside its other records', () => {
    const { respond } = createDnsFixture({ service: '@' });
    expect([A, A, MX].map((type) => answersOf(respond(query(zone, type)))[0])).toEqual([
      `${zone}. A 30 192.0.2.1`,
      `${zone}. A 30 192.0.2.2`,
      `${zone}. MX 600 10 mail.${zone}.`,
    ]);
  });

  it.each<[string, number]>([
    ['example.org', A],
    ['test', A],
    ['.', NS],
    [`x${zone}`, A],
    [`www.${zone}.org`, A],
    ['roundhouse', A],
  ])('refuses %s, without AA and without records', (name, type) => {
    const { aa, rcode: got, counts } = header(createDnsFixture().respond(query(name, type)));
    expect({ aa, got, counts }).toEqual({ aa: false, got: rcode.REFUSED, counts: [1, 0, 0, 0] });
  });

  it.each([0, 1, 2])('does not take a label that contains the bytes of the apex for the apex, behind %i others', (labels) => {
    const disguised = Buffer.from(`\x1aabcdefghij\x0aroundhouse\x04test\0`, 'latin1');
    const name = Buffer.concat([...new Array<Buffer>(labels).fill(Buffer.of(1, 97)), disguised]);
    const asked = Buffer.concat([query('.', A).subarray(0, 12), name, Buffer.of(0, 1, 0, 1)]);
    expect(header(createDnsFixture().respond(asked)).rcode).toBe(rcode.REFUSED);
  });

  it.each([
    ['AXFR', query(zone, AXFR), rcode.REFUSED],
    ['IXFR with the SOA that it brings', Buffer.concat([query(zone, IXFR, { counts: [1, 0, 1, 0] }), opt()]), rcode.REFUSED],
    ['MAILA', query(zone, MAILA), rcode.NOTIMP],
    ['MAILB', query(zone, MAILB), rcode.NOTIMP],
    ['OPT as a type', query(zone, OPT), rcode.FORMERR],
    ['an unknown meta type', query(zone, 128), rcode.FORMERR],
    ['TSIG as a type', query(zone, 250), rcode.FORMERR],
    ['class CH', query(zone, TXT, { class: 3 }), rcode.REFUSED],
    ['class ANY', query(zone, A, { class: 255 }), rcode.REFUSED],
  ])('%s', (_, asked, expectedRcode) => {
    expect(header(createDnsFixture().respond(asked)).rcode).toBe(expectedRcode);
  });
});

describe('form', () => {
  const good = query(`www.${zone}`, A);
  const raw = (name: readonly number[]): Buffer => Buffer.concat([good.subarray(0, 12), Buffer.from(name), Buffer.of(0, 1, 0, 1)]);

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['eleven bytes', good.subarray(0, 11)],
    ['a response', query(`www.${zone}`, A, { flags: 0x8100 })],
    ['a response to another opcode', query(`www.${zone}`, A, { flags: 0xa800 })],
  ])('is silent to %s', (_, asked) => {
    const { respond, stats } = createDnsFixture();
    expect(respond(asked).length).toBe(0);
    expect(stats.queries.at(stats.queries.dimensions[0]?.indexOf('none'), stats.queries.dimensions[1]?.indexOf('dropped'), 0)).toBe(1);
  });

  it.each([
    ['a bare header', query('.', A, { counts: [0, 0, 0, 0] }).subarray(0, 12), 0],
    ['no question (RFC 9619)', query(`www.${zone}`, A, { counts: [0, 0, 0, 0] }), 0],
    ['two questions (RFC 9619)', query(`www.${zone}`, A, { counts: [2, 0, 0, 0] }), 0],
    ['65,535 questions', query(`www.${zone}`, A, { counts: [65_535, 0, 0, 0] }), 0],
    ['a name that does not end', good.subarray(0, 20), 0],
    ['a name without type', good.subarray(0, -4), 0],
    ['half a class', good.subarray(0, -1), 0],
    ['a compression pointer', raw([0xc0, 0x0c]), 0],
    ['a pointer behind a label', raw([3, 0x77, 0x77, 0x77, 0xc0, 0x0c]), 0],
    ['a reserved label type', raw([0x40, 1, 0]), 0],
    ['a label of 64', raw([64, ...new Array<number>(64).fill(97), 0]), 0],
    ['a name of 256', raw([...new Array<number[]>(126).fill([1, 97]).flat(), 2, 97, 97, 0]), 0],
    ['a name of 257', raw([...new Array<number[]>(128).fill([1, 97]).flat(), 0]), 0],
    ['an answer', Buffer.concat([query(`www.${zone}`, A, { counts: [1, 1, 0, 0] }), opt()]), 1],
    ['an authority', Buffer.concat([query(`www.${zone}`, A, { counts: [1, 0, 1, 0] }), opt()]), 1],
    ['bytes behind the end', Buffer.concat([good, Buffer.of(0)]), 1],
    ['an additional record that is not there', query(`www.${zone}`, A, { counts: [1, 0, 0, 1] }), 1],
    ['65,535 additional records that are not there', query(`www.${zone}`, A, { counts: [1, 0, 0, 65_535], additional: [opt()] }), 1],
    ['an OPT cut off', query(`www.${zone}`, A, { additional: [opt({ options: Buffer.alloc(4) }).subarray(0, -1)] }), 1],
    ['two OPT', query(`www.${zone}`, A, { additional: [opt(), opt()] }), 1],
    ['an OPT with an owner', query(`www.${zone}`, A, { additional: [opt({ owner: Buffer.of(1, 97, 0) })] }), 1],
    ['an OPT owned by a pointer', query(`www.${zone}`, A, { additional: [opt({ owner: Buffer.of(0xc0, 0x0c) })] }), 1],
  ])('FORMERR for %s', (_, asked, questions) => {
    const { rcode: got, aa, counts } = header(createDnsFixture().respond(asked));
    expect({ got, aa, questions: counts[0], answers: counts[1] }).toEqual({ got: rcode.FORMERR, aa: false, questions, answers: 0 });
  });

  it('answers a name of 255 bytes', () => {
    const labels = [...new Array<number[]>(119).fill([1, 97]).flat(), ...Buffer.from(`\x0aroundhouse\x04test\0`, 'latin1')];
    expect(labels.length).toBe(255);
    expect(header(createDnsFixture().respond(raw(labels))).rcode).toBe(rcode.NXDOMAIN);
  });

  it.each([1, 2, 4, 5, 6, 15])('NOTIMP for opcode %i, which is copied', (opcode) => {
    const asked = query(zone, A, { flags: (opcode << 11) | 0x0100 });
    const { rcode: got, opcode: copied, counts, rd } = header(createDnsFixture().respond(asked));
    expect({ got, copied, counts, rd }).toEqual({ got: rcode.NOTIMP, copied: opcode, counts: [0, 0, 0, 0], rd: true });
  });

  it.each([0x0000, 0x0100, 0x0170, 0x07f0, 0x077f])('copies RD alone out of the flags %i', (flags) => {
    const { low, rd, tc, aa, opcode } = header(createDnsFixture().respond(query(zone, SOA, { flags })));
    expect({ low, rd, tc, aa, opcode }).toEqual({ low: 0, rd: (flags & 0x0100) !== 0, tc: false, aa: true, opcode: 0 });
  });

  it.each([
    ['unknown options', opt({ options: Buffer.from('fde9000401020304', 'hex') })],
    ['options that make no sense', opt({ options: Buffer.of(0, 3, 255) })],
  ])('ignores %s', (_, additional) => {
    expect(header(createDnsFixture().respond(query(zone, SOA, { additional: [additional] }))).counts).toEqual([1, 1, 0, 1]);
  });

  it('finds OPT behind and before other additional records', () => {
    const other = Buffer.from('c00c00010001000000000004c0000201', 'hex');
    for (const additional of [[other, opt()], [opt(), other]]) {
      expect(header(createDnsFixture().respond(query(zone, SOA, { additional }))).counts).toEqual([1, 1, 0, 1]);
    }
  });

  it('answers another EDNS version with BADVERS and its own', () => {
    const response = createDnsFixture().respond(query(`www.${zone}`, A, { additional: [opt({ version: 1, dnssecOk: true })] }));
    expect(header(response)).toMatchObject({ rcode: 0, aa: false, counts: [1, 0, 0, 1] });
    expect(response.subarray(-11).toString('hex')).toBe('00002904d0010080000000');
  });
});

describe('sizes', () => {
  const many = Array.from({ length: 40 }, (_, index) => ({
    name: `m${index}`,
    index,
    address: `192.0.2.${index}`,
    address6: `2001:db8::${index}`,
    port: 1,
    weight: 1,
  }));
  const big = (transport: Transport, additional: readonly Buffer[] = []): Buffer =>
    createDnsFixture({ members: many }).respond(query(`www.${zone}`, AAAA, { additional }), transport);
  const questionEnd = 12 + `www.${zone}`.length + 2 + 4;
  const full = questionEnd + 40 * 28;

  it.each([
    ['without EDNS', [], 0],
    ['EDNS below 512', [opt({ bytes: 100 })], 11],
    ['EDNS just too small', [opt({ bytes: full + 11 - 1 })], 11],
  ])('truncates over UDP: %s', (_, additional, optBytes) => {
    const response = big('udp', additional);
    expect(header(response)).toMatchObject({ tc: true, aa: true, rcode: 0, counts: [1, 0, 0, additional.length] });
    expect(response.length).toBe(questionEnd + optBytes);
  });

  it.each([
    ['EDNS just large enough', 'udp', [opt({ bytes: full + 11 })]],
    ['TCP', 'tcp', []],
    ['TCP, where the size in OPT means nothing', 'tcp', [opt({ bytes: 0 })]],
  ] as const)('does not truncate: %s', (_, transport, additional) => {
    const response = big(transport, additional);
    expect(header(response)).toMatchObject({ tc: false, counts: [1, 40, 0, additional.length] });
    expect(response.length).toBe(full + 11 * additional.length);
  });

  it('takes a size below 512 for 512 (RFC 6891 §6.2.3)', () => {
    expect(header(createDnsFixture().respond(query(`www.${zone}`, A, { additional: [opt({ bytes: 60 })] }))).counts).toEqual([1, 4, 0, 1]);
  });

  it.each([
    [0, true],
    [-1, false],
  ])('fills the room to the last byte, %i', (more, complete) => {
    const asked = query(`big.${zone}`, TXT, { additional: [opt({ bytes: 4096 })] });
    const needed = createDnsFixture({ ednsBytes: 4096 }).respond(asked).length;
    expect(header(createDnsFixture({ ednsBytes: needed + more }).respond(asked)).tc).toBe(!complete);
  });

  it('never exceeds our own limit, whatever the requestor takes', () => {
    const response = createDnsFixture().respond(query(`big.${zone}`, TXT, { additional: [opt({ bytes: 65_535 })] }));
    expect(header(response)).toMatchObject({ tc: true, counts: [1, 0, 0, 1] });
    const larger = createDnsFixture({ ednsBytes: 4096 });
    expect(header(larger.respond(query(`big.${zone}`, TXT, { additional: [opt({ bytes: 65_535 })] })))).toMatchObject({ tc: false });
  });

  it('leaves a CNAME out too when what it leads to does not fit', () => {
    expect(header(createDnsFixture({ members: many }).respond(query(`alias.${zone}`, AAAA)))).toMatchObject({ tc: true, counts: [1, 0, 0, 0] });
  });

  it('a truncated answer does not use up a turn', () => {
    const { respond } = createDnsFixture({ members: many });
    const turns = Array.from({ length: 4 }, () => {
      respond(query(`www.${zone}`, AAAA));
      return answersOf(respond(query(`www.${zone}`, AAAA), 'tcp'))[0];
    });
    expect(turns).toEqual([0, 1, 2, 3].map((index) => `www.${zone}. AAAA 30 2001:db8::${index === 0 ? '' : index}`));
  });

  it('does not truncate for members that the answer leaves out', () => {
    const { respond } = createDnsFixture({ members: many, answersMax: 3 });
    expect(header(respond(query(`www.${zone}`, AAAA)))).toMatchObject({ tc: false, counts: [1, 3, 0, 0] });
  });

  it('gives at most answersMax, and still turns through all', () => {
    const { respond } = createDnsFixture({ answersMax: 2 });
    const lasts = (): string[] => readAnswer(respond(query(`www.${zone}`, A))).answers.map(({ data }) => data.slice(-1));
    expect([lasts(), lasts(), lasts(), lasts(), lasts()]).toEqual([['1', '2'], ['2', '3'], ['3', '4'], ['4', '1'], ['1', '2']]);
  });

  it('SERVFAIL over TCP when the room is too small, and silence when the question is', () => {
    const { responder } = createDnsFixture();
    const asked = query(`big.${zone}`, TXT);
    expect(responder.respond(asked, asked.length, { address: '127.0.0.1' }, 'tcp', Buffer.alloc(300))).toBe(asked.length);
    const room = Buffer.alloc(300);
    responder.respond(asked, asked.length, { address: '127.0.0.1' }, 'tcp', room);
    expect(header(room)).toMatchObject({ rcode: 2, tc: false, counts: [1, 0, 0, 0] });
    expect(responder.respond(asked, asked.length, { address: '127.0.0.1' }, 'tcp', Buffer.alloc(asked.length - 1))).toBe(0);
  });
});
