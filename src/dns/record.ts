/**
 * Static records as people write them: `10 mail` for MX, `0 issue "ca.example.org"` for CAA, names relative to the zone
 * unless they end in a dot. Everything dns2 would encode without asking is checked here, so that the encoder cannot fail.
 *
 * Each failure is a RangeError that says what was expected; the zone adds which record it was.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { encodeName } from './name.js';
import type { RecordData } from './wire.js';

export const staticTypes = ['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'SRV', 'CAA', 'NS'] as const;
export type StaticType = (typeof staticTypes)[number];

/** A name as written in the zone `origin`: `@`, relative, or absolute with a final dot. Returned absolute, without the dot. */
export function absoluteName(name: string, origin: string): string {
  const absolute = name === '@' ? origin : name.endsWith('.') ? name.slice(0, -1) : `${name}.${origin}`;
  encodeName(absolute);
  return absolute;
}

/** A letter case of its own has no meaning in a name (RFC 4343), so text is compared in lower case. */
export const isInZone = (name: string, origin: string): boolean => `.${name}`.toLowerCase().endsWith(`.${origin}`.toLowerCase());

/** @throws RangeError */
export function parseRecord(type: StaticType, value: string, origin: string): RecordData {
  switch (type) {
    case 'A':
    case 'AAAA':
      return addressRecord(type, value.trim());
    case 'CNAME':
    case 'NS':
      return { type, target: absoluteName(value.trim(), origin) };
    case 'TXT':
      return { type, texts: parseTexts(value) };
    case 'MX': {
      const [, preference = '', exchange = ''] = fieldsOf(value, /^(\d+)\s+(\S+)$/, '`PREFERENCE HOST`, such as `10 mail`');
      return { type, preference: uint16(preference, 'preference'), exchange: target(exchange, origin) };
    }
    case 'SRV': {
      const [, priority = '', weight = '', port = '', host = ''] = fieldsOf(value, /^(\d+)\s+(\d+)\s+(\d+)\s+(\S+)$/, '`PRIORITY WEIGHT PORT HOST`, such as `0 5 5060 sip`');
      return { type, priority: uint16(priority, 'priority'), weight: uint16(weight, 'weight'), port: uint16(port, 'port'), target: target(host, origin) };
    }
    case 'CAA': {
      const [, flags = '', tag = '', quoted = ''] = fieldsOf(value, /^(\d+)\s+([a-z0-9]{1,15})\s+("[ -~]*"|[!-~]+)$/i, '`FLAGS TAG VALUE`, such as `0 issue "ca.example.org"`');
      if (Number(flags) > 255) throw new RangeError(`expected flags from 0 to 255, got ${flags}`);
      return { type, flags: Number(flags), tag: tag.toLowerCase(), value: quoted.replace(/^"(.*)"$/, '$1') };
    }
  }
}

export function addressRecord(type: 'A' | 'AAAA', address: string): RecordData {
  if (type === 'A' && !isIPv4(address)) throw new RangeError('expected an IPv4 address, such as 192.0.2.1');
  if (type === 'AAAA' && (!isIPv6(address) || address.includes('%'))) throw new RangeError('expected an IPv6 address, such as 2001:db8::1');
  return { type, address };
}

/** `.` is the root, which is how RFC 2782 and RFC 7505 say "no such service here". */
const target = (host: string, origin: string): string => (host === '.' ? '' : absoluteName(host, origin));

function fieldsOf(value: string, shape: RegExp, expected: string): RegExpExecArray {
  const fields = shape.exec(value.trim());
  if (fields === null) throw new RangeError(`expected ${expected}`);
  return fields;
}

function uint16(digits: string, what: string): number {
  const number = Number(digits);
  if (number > 65535) throw new RangeError(`expected a ${what} from 0 to 65535, got ${digits}`);
  return number;
}

/**
 * Text without quotes is one string, blanks and all: in a YAML file nobody expects `v=spf1 -all` to become two. With
 * quotes it is as in a zone file: one or more quoted strings, with `\"`, `\\` and `\DDD`.
 */
function parseTexts(value: string): Buffer[] {
  if (!value.trimStart().startsWith('"')) return [Buffer.from(value, 'utf8')];
  const texts: Buffer[] = [];
  const quoted = /\s*"((?:[^"\\]|\\.)*)"\s*/gsy;
  while (quoted.lastIndex < value.length) {
    const [, content] = quoted.exec(value) ?? [];
    if (content === undefined) throw new RangeError('expected one or more strings in double quotes, or text without any');
    texts.push(unescape(content));
  }
  return texts;
}

function unescape(content: string): Buffer {
  const pieces = content.split(/(\\\d{3}|\\.)/su).map((piece) => {
    if (!piece.startsWith('\\')) return Buffer.from(piece, 'utf8');
    if (!/^\\\d{3}$/.test(piece)) return Buffer.from(piece.slice(1), 'utf8');
    const byte = Number(piece.slice(1));
    if (byte > 255) throw new RangeError(`expected \\000 to \\255, got ${piece}`);
    return Buffer.of(byte);
  });
  return Buffer.concat(pieces);
}
