import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../src/dns/record.js';
import { encodeRecord, type RecordData } from '../../src/dns/wire.js';

/** Pointer, type, class IN, TTL 1, RDLENGTH, rdata: as RFC 1035 §4.1.3 has it. */
function expected(type: number, rdata: string): string {
  const bytes = rdata.replace(/\s/g, '');
  return ['c00c', type.toString(16).padStart(4, '0'), '0001', '00000001', (bytes.length / 2).toString(16).padStart(4, '0'), bytes].join('');
}

const text = (value: string): string => Buffer.from(value, 'latin1').toString('hex');
const exampleOrg = `07${text('example')}03${text('org')}00`;

describe('encodeRecord', () => {
  const table: readonly (readonly [string, RecordData, string])[] = [
    ['A', { type: 'A', address: '192.0.2.255' }, expected(1, 'c00002ff')],
    ['AAAA', { type: 'AAAA', address: '2001:db8::1' }, expected(28, '20010db8000000000000000000000001')],
    ['AAAA, all zero', { type: 'AAAA', address: '::' }, expected(28, '00'.repeat(16))],
    ['AAAA, leading ::', { type: 'AAAA', address: '::1' }, expected(28, `${'00'.repeat(15)}01`)],
    ['AAAA, trailing ::', { type: 'AAAA', address: 'fe80::' }, expected(28, `fe80${'00'.repeat(14)}`)],
    ['AAAA, :: for one group', { type: 'AAAA', address: '1:2:3::5:6:7:8' }, expected(28, '00010002000300000005000600070008')],
    ['AAAA, embedded IPv4', { type: 'AAAA', address: '::ffff:192.0.2.1' }, expected(28, '00000000000000000000ffffc0000201')],
    ['NS', { type: 'NS', target: 'example.org' }, expected(2, exampleOrg)],
    ['CNAME keeps letter case', { type: 'CNAME', target: 'Example.ORG' }, expected(5, `07${text('Example')}03${text('ORG')}00`)],
    ['TXT', { type: 'TXT', texts: [Buffer.from('a b')] }, expected(16, `03${text('a b')}`)],
    ['TXT, empty', { type: 'TXT', texts: [Buffer.alloc(0)] }, expected(16, '00')],
    ['TXT, several', { type: 'TXT', texts: [Buffer.from('a'), Buffer.from('b')] }, expected(16, `01${text('a')}01${text('b')}`)],
    ['TXT, 256 bytes', { type: 'TXT', texts: [Buffer.from('x'.repeat(256))] }, expected(16, `ff${text('x'.repeat(255))}01${text('x')}`)],
    ['TXT, 255 bytes', { type: 'TXT', texts: [Buffer.from('x'.repeat(255))] }, expected(16, `ff${text('x'.repeat(255))}`)],
    ['MX', { type: 'MX', preference: 10, exchange: 'example.org' }, expected(15, `000a${exampleOrg}`)],
    ['MX, null (RFC 7505)', { type: 'MX', preference: 0, exchange: '' }, expected(15, '000000')],
    ['SRV', { type: 'SRV', priority: 1, weight: 2, port: 65_535, target: 'example.org' }, expected(33, `00010002ffff${exampleOrg}`)],
    ['CAA', { type: 'CAA', flags: 128, tag: 'issue', value: 'ca.example.org' }, expected(257, `8005${text('issue')}${text('ca.example.org')}`)],
    ['HINFO', { type: 'HINFO', cpu: 'RFC8482', os: '' }, expected(13, `07${text('RFC8482')}00`)],
    [
      'SOA',
      { type: 'SOA', primary: 'example.org', mailbox: 'example.org', serial: 0xffff_ffff, refreshS: 1, retryS: 2, expireS: 3, minimumS: 4 },
      expected(6, `${exampleOrg}${exampleOrg}ffffffff00000001000000020000000300000004`),
    ],
  ];

  it.each(table)('%s', (_, data, hex) => {
    expect(encodeRecord(data, 1).toString('hex')).toBe(hex);
  });

  it('writes the TTL', () => {
    expect(encodeRecord({ type: 'A', address: '192.0.2.1' }, 0x7fff_ffff).readUInt32BE(6)).toBe(0x7fff_ffff);
  });

  it('writes every IPv6 address as its 16 bytes', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const rdata = encodeRecord({ type: 'AAAA', address }, 1).subarray(12);
        expect(rdata.length).toBe(16);
        expect([...rdata]).toEqual(bytesOf(address));
      }),
    );
  });
});

/** RFC 4291 §2.2, written without the code under test. */
function bytesOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined): number[] =>
    (part ?? '')
      .split(':')
      .filter((group) => group !== '')
      .map((group) => (group.includes('.') ? group.split('.').map(Number) : [...Buffer.from(group.padStart(4, '0'), 'hex')]))
      .flat();
  const front = groups(head);
  const back = groups(tail);
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back];
}

describe('parseRecord', () => {
  it.each([
    ['MX', '10 mail', { type: 'MX', preference: 10, exchange: 'mail.zone.test' }],
    ['MX', ' 0\t. ', { type: 'MX', preference: 0, exchange: '' }],
    ['SRV', '0 5 5060 sip.example.org.', { type: 'SRV', priority: 0, weight: 5, port: 5060, target: 'sip.example.org' }],
    ['CAA', '0 issue "ca.example.org"', { type: 'CAA', flags: 0, tag: 'issue', value: 'ca.example.org' }],
    ['CAA', '0 ISSUE ;', { type: 'CAA', flags: 0, tag: 'issue', value: ';' }],
    ['CNAME', '@', { type: 'CNAME', target: 'zone.test' }],
    ['TXT', 'v=spf1 -all', { type: 'TXT', texts: [Buffer.from('v=spf1 -all')] }],
    ['TXT', '"one" "t\\"w\\\\o\\065é"', { type: 'TXT', texts: [Buffer.from('one'), Buffer.from('t"w\\oAé')] }],
    ['TXT', '""', { type: 'TXT', texts: [Buffer.alloc(0)] }],
  ] as const)('%s %s', (type, value, data) => {
    expect(parseRecord(type, value, 'zone.test')).toEqual(data);
  });

  it.each([
    ['A', '1.2.3', 'expected an IPv4 address'],
    ['A', '::1', 'expected an IPv4 address'],
    ['AAAA', 'fe80::1%eth0', 'expected an IPv6 address'],
    ['MX', 'mail', 'expected `PREFERENCE HOST`'],
    ['MX', '65536 mail', 'expected a preference from 0 to 65535, got 65536'],
    ['SRV', '0 5 sip', 'expected `PRIORITY WEIGHT PORT HOST`'],
    ['SRV', '0 5 70000 sip', 'expected a port from 0 to 65535'],
    ['CAA', '256 issue ca', 'expected flags from 0 to 255'],
    ['CAA', 'issue ca', 'expected `FLAGS TAG VALUE`'],
    ['TXT', '"open', 'expected one or more strings in double quotes'],
    ['TXT', '"a" b', 'expected one or more strings in double quotes'],
    ['TXT', '"\\999"', 'expected \\000 to \\255'],
    ['CNAME', 'a..b', 'empty label'],
    ['CNAME', 'a b', 'not allowed'],
    ['CNAME', `${'x'.repeat(64)}`, '64 bytes; at most 63'],
    ['CNAME', `${'x.'.repeat(130)}`, 'at most 255'],
  ] as const)('refuses %s %s', (type, value, message) => {
    expect(() => parseRecord(type, value, 'zone.test')).toThrow(message);
  });
});
