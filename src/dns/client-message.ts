/**
 * The client's messages: writes queries, reads responses for people and for tests.
 *
 * The server may be hostile, so the shape of a response is walked here first, and dns2 decodes only single records of the
 * types that it knows, whose names end within few pointers: its own loops trust counts, lengths and pointers. Every text
 * that comes out is printable ASCII; the rest is written `\DDD`, so that no server writes on our terminal.
 */
import { Packet, type Resource } from 'dns2';
import { ServiceError } from '../service.js';
import { encodeName, skipName } from './name.js';
import { classIn, headerBytes, questionTailBytes, rcodeNumbers, typeCodes } from './wire.js';

export interface DnsAnswer {
  /** `NOERROR`, `NXDOMAIN`, …; one without a name here is `RCODE11`. */
  readonly rcode: string;
  readonly authoritative: boolean;
  /** The answer did not fit, over TCP either. */
  readonly truncated: boolean;
  readonly answers: readonly DnsRecord[];
  /** Time from the first question to the answer. */
  readonly serverMs: number;
}

export interface DnsRecord {
  /** Absolute, with the final dot. */
  readonly name: string;
  /** `A`, …; one without a name here is `TYPE99`. */
  readonly type: string;
  readonly ttlS: number;
  /** As in a zone file. */
  readonly data: string;
}

const payloadBytes = 1232;

/** A query for `name` with EDNS, its id still 0. @throws ServiceError when name or type is none. */
export function encodeQuery(name: string, type: string): Buffer {
  const code = type in typeCodes ? typeCodes[type as keyof typeof typeCodes] : Number(/^TYPE(\d{1,5})$/.exec(type)?.[1]); // `in` has checked it
  if (!(code <= 65_535)) throw new ServiceError(`dns: unknown record type ${type}; use one of ${Object.keys(typeCodes).join(', ')}, or TYPE with a number`);
  try {
    encodeName(name);
  } catch (error) {
    throw new ServiceError(`dns: ${(error as RangeError).message}`, { cause: error }); // it throws nothing else
  }
  const packet = new Packet(new Packet.Header({ rd: 1 }));
  packet.questions.push(new Packet.Question(name, code, classIn));
  packet.additionals.push(Object.assign(Packet.Resource.EDNS([]), { name: '', class: payloadBytes }));
  return packet.toBuffer();
}

/** The same query under a fresh id, from all 65,536 (RFC 5452 §9.2), that is not `taken`. */
export function withFreshId(query: Buffer, taken: (id: number) => boolean = () => false): Buffer {
  const copy = Buffer.from(query);
  do copy.writeUInt16BE(Packet.uuid());
  while (taken(idOf(copy)));
  return copy;
}

export const idOf = (message: Buffer): number => message.readUInt16BE(0);

/** Id and question match, letter case aside; a server that could not read the question may leave it out. */
export function isResponseTo(query: Buffer, response: Buffer): boolean {
  if (response.length < headerBytes || idOf(response) !== idOf(query) || (response.readUInt8(2) & 0x80) === 0) return false;
  if (response.readUInt16BE(4) === 0) return (response.readUInt8(3) & 0x0f) !== 0;
  const questionEnd = query.indexOf(0, headerBytes) + 1 + questionTailBytes; // our names are printable, so their first zero is the root
  const question = (message: Buffer): string => message.toString('latin1', headerBytes, questionEnd).toLowerCase();
  return question(response) === question(query);
}

export const isTruncated = (message: Buffer): boolean => (message.readUInt16BE(2) & 0x0200) !== 0;

const pointersMax = 16;
const recordTailBytes = 10; // type, class, TTL, RDLENGTH

/** @throws Error when the message is not a well-formed response. */
export function readAnswer(message: Buffer): Omit<DnsAnswer, 'serverMs'> {
  const flags = message.readUInt16BE(2);
  const answers: DnsRecord[] = [];
  let at = headerBytes;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) at = past(skipName(message, at, message.length)) + questionTailBytes;
  for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
    const tail = past(skipName(message, at, message.length));
    const end = tail + recordTailBytes + message.readUInt16BE(tail + 8);
    if (end > message.length) throw new RangeError('a record is cut off');
    if (message.readUInt16BE(tail + 2) === classIn) answers.push(readRecord(message, at, tail, end));
    at = end;
  }
  return { rcode: rcodeName(flags & 0x0f), authoritative: (flags & 0x0400) !== 0, truncated: isTruncated(message), answers };
}

function past(at: number): number {
  if (at < 0) throw new RangeError('a name is malformed');
  return at;
}

function readRecord(message: Buffer, at: number, tail: number, end: number): DnsRecord {
  const rdata = tail + recordTailBytes;
  const code = message.readUInt16BE(tail);
  requireName(message, at);
  for (const nameAt of namesIn(message, code, rdata)) requireName(message, nameAt);
  if ((code === typeCodes.A && end - rdata !== 4) || (code === typeCodes.AAAA && end - rdata !== 16)) throw new RangeError('an address has a wrong length');
  const reader = (): InstanceType<typeof Packet.Reader> => new Packet.Reader(message, at * 8);
  return {
    name: `${printable(Packet.Name.decode(reader()))}.`,
    type: typeName(code),
    ttlS: Math.min(message.readUInt32BE(tail + 4), 0x7fff_ffff),
    data: decoded.has(code) ? format(code, Packet.Resource.parse(reader())) : formatUnknown(code, message.subarray(rdata, end)),
  };
}

/** Where dns2 is going to decode names in the rdata. */
function namesIn(message: Buffer, code: number, rdata: number): readonly number[] {
  switch (code) {
    case typeCodes.NS:
    case typeCodes.CNAME:
    case typeCodes.PTR:
      return [rdata];
    case typeCodes.MX:
      return [rdata + 2];
    case typeCodes.SRV:
      return [rdata + 6];
    case typeCodes.SOA:
      return [rdata, past(skipName(message, rdata, message.length))];
    default:
      return [];
  }
}

/** A chain of thousands of pointers is legal to the letter, and would be walked again for each of thousands of records. */
function requireName(message: Buffer, at: number): void {
  for (let pointers = 0; pointers <= pointersMax; ) {
    const length = message.readUInt8(at); // a RangeError behind the end, so each stretch between pointers ends
    if (length === 0) return;
    if (length >= 0xc0) pointers += 1;
    at = length >= 0xc0 ? message.readUInt16BE(at) & 0x3fff : at + 1 + length;
  }
  throw new RangeError('a name has too many compression pointers');
}

/** What dns2 decodes rightly, given names and lengths that were checked. */
const decoded: ReadonlySet<number> = new Set([
  typeCodes.A,
  typeCodes.AAAA,
  typeCodes.NS,
  typeCodes.CNAME,
  typeCodes.PTR,
  typeCodes.SOA,
  typeCodes.MX,
  typeCodes.TXT,
  typeCodes.SRV,
  typeCodes.CAA,
]);

function format(code: number, record: Resource): string {
  const name = (text = ''): string => `${printable(text)}.`;
  switch (code) {
    case typeCodes.NS:
      return name(record.ns);
    case typeCodes.CNAME:
    case typeCodes.PTR:
      return name(record.domain);
    case typeCodes.SOA:
      return [
        name(record.primary),
        name(record.admin),
        ...[record.serial, record.refresh, record.retry, record.expiration, record.minimum],
      ].join(' ');
    case typeCodes.MX:
      return `${record.priority} ${name(record.exchange)}`;
    case typeCodes.SRV:
      return `${record.priority} ${record.weight} ${record.port} ${name(record.target)}`;
    case typeCodes.TXT:
      return [record.data ?? []].flat().map((text) => quoted(text, 'utf8')).join(' ');
    case typeCodes.CAA:
      return `${record.flags} ${printable(record.tag ?? '')} ${quoted(record.value ?? '', 'utf8')}`;
    default:
      return record.address ?? '';
  }
}

/** RFC 3597 §5, but for HINFO, which answers ANY. */
function formatUnknown(code: number, rdata: Buffer): string {
  if (code !== typeCodes.HINFO) return `\\# ${rdata.length} ${rdata.toString('hex')}`;
  const osAt = 1 + rdata.readUInt8(0);
  return `${quoted(rdata.toString('latin1', 1, osAt))} ${quoted(rdata.toString('latin1', osAt + 1))}`;
}

const quoted = (text: string, encoding?: 'utf8'): string => `"${printable(text.replace(/["\\]/g, '\\$&'), encoding)}"`;

/** @param encoding how the text was read from bytes; dns2 reads names byte by byte. */
function printable(text: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  return text.replace(/[^ -~]/gu, (character) => [...Buffer.from(character, encoding)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''));
}

const typeName = (code: number): string => Object.entries(typeCodes).find(([, known]) => known === code)?.[0] ?? `TYPE${code}`;

export const rcodeName = (code: number): string => Object.entries(rcodeNumbers).find(([, known]) => known === code)?.[0] ?? `RCODE${code}`;
