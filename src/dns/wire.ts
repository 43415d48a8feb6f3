/**
 * What a DNS message is made of: numbers of types and codes, offsets, and records encoded once, ahead of the queries.
 *
 * dns2's `Packet` encodes the records (checked byte for byte by the tests, where three of its habits showed: an IPv6
 * address with an embedded IPv4 one comes out 14 bytes long, a string of more than 255 bytes gets a wrong length, and
 * there is no HINFO). So it is given only canonical IPv6 text, strings that are split already, and HINFO as raw bytes.
 * It never sees a query from the network: its reader works bit by bit (139 µs a query) and loops on hostile counts.
 */
import { Packet, type Resource } from 'dns2';

export const headerBytes = 12;
/** Type and class behind the name of a question. */
export const questionTailBytes = 4;
/** Owner pointer, type, class, TTL, RDLENGTH: every record made here starts like this (RFC 1035 §4.1.3). */
export const recordFixedBytes = 12;
export const recordTtlAt = 6;
/** An OPT record without options (RFC 6891 §6.1.2). */
export const optBytes = 11;
/** The compression pointer to the name of the question (RFC 1035 §4.1.4). */
export const questionPointer = 0xc000 | headerBytes;

export const typeCodes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const;

export const classIn = 1;

export const rcodeNumbers = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

/** The rdata of one record. Names are text, absolute, with or without the final dot. */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'NS' | 'CNAME'; readonly target: string }
  | { readonly type: 'TXT'; readonly texts: readonly Buffer[] }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  | { readonly type: 'HINFO'; readonly cpu: string; readonly os: string }
  | {
      readonly type: 'SOA';
      readonly primary: string;
      readonly mailbox: string;
      readonly serial: number;
      readonly refreshS: number;
      readonly retryS: number;
      readonly expireS: number;
      readonly minimumS: number;
    };

/**
 * One record of class IN whose owner is a pointer to the question. The caller has checked the values; names in the
 * rdata are written in full, since nobody knows yet what will stand before them.
 */
export function encodeRecord(data: RecordData, ttlS: number): Buffer {
  const fields = { name: '', type: typeCodes[data.type], class: classIn, ttl: ttlS, ...rdataFields(data) };
  const record = Packet.Resource.encode(new Packet.Resource(fields));
  // dns2 wrote the root (one byte) as the owner; the pointer takes its place.
  return Buffer.concat([Buffer.of(questionPointer >> 8, questionPointer & 0xff), record.subarray(1)]);
}

/** Both expect that there is room. */
export function putUint16(message: Uint8Array, at: number, value: number): void {
  message[at] = (value >>> 8) & 0xff;
  message[at + 1] = value & 0xff;
}

export function putUint32(message: Uint8Array, at: number, value: number): void {
  message[at] = value >>> 24;
  message[at + 1] = (value >>> 16) & 0xff;
  message[at + 2] = (value >>> 8) & 0xff;
  message[at + 3] = value & 0xff;
}

export const rdataOf = (record: Buffer): Buffer => record.subarray(recordFixedBytes);

function rdataFields(data: RecordData): Partial<Resource> {
  switch (data.type) {
    case 'A':
      return { address: data.address };
    case 'AAAA':
      return { address: canonicalIpv6(data.address) };
    case 'NS':
      return { ns: data.target };
    case 'CNAME':
      return { domain: data.target };
    case 'TXT':
      return rawData(data.texts.flatMap(characterStrings));
    case 'MX':
      return { priority: data.preference, exchange: data.exchange };
    case 'SRV':
      return { priority: data.priority, weight: data.weight, port: data.port, target: data.target };
    case 'CAA':
      return { flags: data.flags, tag: data.tag, value: data.value };
    case 'HINFO':
      return rawData(Buffer.from(`${String.fromCharCode(data.cpu.length)}${data.cpu}${String.fromCharCode(data.os.length)}${data.os}`, 'latin1'));
    case 'SOA':
      return {
        primary: data.primary,
        admin: data.mailbox,
        serial: data.serial,
        refresh: data.refreshS,
        retry: data.retryS,
        expiration: data.expireS,
        minimum: data.minimumS,
      };
  }
}

/** dns2 takes buffers, and arrays of them, where its types only know strings. */
const rawData = (data: Buffer | readonly Buffer[]): Partial<Resource> => ({ data: data as unknown as string[] });

/** RFC 1035 §3.3: a character-string has at most 255 bytes; an empty text is one empty string. */
function characterStrings(text: Buffer): Buffer[] {
  const strings = [text.subarray(0, 255)];
  for (let at = 255; at < text.length; at += 255) strings.push(text.subarray(at, at + 255));
  return strings;
}

/** The URL standard prints IPv6 addresses in hexadecimal throughout, also those with an embedded IPv4 address. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
