/**
 * The PROXY protocol, versions 1 and 2: who the client is of a connection that another proxy passes on without reading it.
 *
 * Pure functions over the bytes that have come. Strict, since whoever may send the header is believed: what the specification
 * (haproxy's proxy-protocol.txt) does not allow is malformed. Bounded: 107 bytes of text, 16 bytes and 4 KiB in binary.
 */
import { isIP } from 'node:net';
import { normalAddress } from '../../trust.js';

export interface ProxySource {
  readonly address: string;
  readonly port: number;
}

export interface ProxyHeader {
  /** Bytes of the header; what follows is the client's. */
  readonly length: number;
  /** Undefined when the connection is the proxy's own (`LOCAL`, `UNKNOWN`) or no TCP: its socket says who the peer is. */
  readonly source: ProxySource | undefined;
}

/** `more`: so far it is the beginning of a header. `missing`: it is something else. */
export type ProxyHeaderRead = ProxyHeader | 'more' | 'missing' | 'malformed';

const textStart = Buffer.from('PROXY ', 'latin1');
/** CRLF included. */
const textBytesMax = 107;
const binaryStart = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const binaryHeadBytes = 16;
/** Of addresses and extensions; haproxy's own are a few hundred. */
const binaryBytesMax = 4096;

/** @param bytes all that has come of the connection so far. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderRead {
  if (beginsLike(bytes, textStart)) return bytes.length < textStart.length ? 'more' : readText(bytes);
  if (beginsLike(bytes, binaryStart)) return bytes.length < binaryHeadBytes ? 'more' : readBinary(bytes);
  return 'missing';
}

/** As far as there is something to compare. */
function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

// ---- version 1

function readText(bytes: Buffer): ProxyHeaderRead {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, textBytesMax));
  const end = text.indexOf('\r\n');
  if (end < 0) return bytes.length < textBytesMax && !/[\n\0]|\r./.test(text) ? 'more' : 'malformed';
  const source = sourceOfText(text.slice(textStart.length, end));
  return source === 'malformed' ? source : { length: end + 2, source };
}

/** Five digits at most, and no leading zeros. */
const portText = /^(?:0|[1-9]\d{0,4})$/;

function sourceOfText(text: string): ProxySource | undefined | 'malformed' {
  const [family, source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] = text.split(' ');
  if (family === 'UNKNOWN') return undefined; // whatever follows
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : -1;
  const ports = [sourcePort, destinationPort];
  const areAddresses = [source, destination].every((address) => isIP(address) === version && !address.includes('%'));
  const arePorts = ports.every((port) => portText.test(port) && Number(port) <= 65_535);
  if (!areAddresses || !arePorts || rest.length > 0) return 'malformed';
  return { address: normalAddress(source), port: Number(sourcePort) };
}

// ---- version 2

/** Of the addresses of a family, by its number: none, IPv4, IPv6, names of Unix sockets. */
const addressBytes = [0, 12, 36, 216] as const;

function readBinary(bytes: Buffer): ProxyHeaderRead {
  const command = bytes.readUInt8(12);
  const transport = bytes.readUInt8(13);
  const length = binaryHeadBytes + bytes.readUInt16BE(14);
  const isLocal = command === 0x20;
  if ((!isLocal && command !== 0x21) || length > binaryHeadBytes + binaryBytesMax) return 'malformed';
  const family = transport >> 4;
  const addresses = addressBytes[family];
  if (!isLocal && (addresses === undefined || (transport & 15) > 2 || length < binaryHeadBytes + addresses)) return 'malformed';
  if (bytes.length < length) return 'more';
  // Of a connection of the proxy's own, or of one that it knows nothing of, the rest says nothing (§2.2).
  if (isLocal || addresses === undefined || family === 0) return { length, source: undefined };
  if (!areExtensions(bytes.subarray(0, length), binaryHeadBytes + addresses)) return 'malformed';
  return { length, source: sourceOfBinary(bytes, transport) };
}

function sourceOfBinary(bytes: Buffer, transport: number): ProxySource | undefined {
  if (transport === 0x11) return { address: [...bytes.subarray(16, 20)].join('.'), port: bytes.readUInt16BE(24) };
  if (transport !== 0x21) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(binaryHeadBytes + 2 * index).toString(16));
  return { address: normalAddress(groups.join(':')), port: bytes.readUInt16BE(48) };
}

const checksumType = 3;

/** They are skipped, but must fill what the header says they fill, and its checksum, if it has one, must be right. */
function areExtensions(header: Buffer, from: number): boolean {
  let at = from;
  while (at < header.length) {
    if (at + 3 > header.length) return false;
    const length = header.readUInt16BE(at + 1);
    const end = at + 3 + length;
    if (end > header.length) return false;
    if (header.readUInt8(at) === checksumType && (length !== 4 || header.readUInt32BE(at + 3) !== checksum(header, at + 3))) return false;
    at = end;
  }
  return true;
}

/** CRC-32C (RFC 9260 appendix A) of the header with its four bytes of checksum, which are at `hole`, taken as 0. */
function checksum(header: Buffer, hole: number): number {
  let crc = 0xffff_ffff;
  header.forEach((byte, at) => {
    crc ^= at >= hole && at < hole + 4 ? 0 : byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  });
  return ~crc >>> 0;
}
