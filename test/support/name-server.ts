/**
 * A name server for tests over a real socket: one table of addresses that may change, one TTL, and the wish to say nothing.
 */
import { createSocket } from 'node:dgram';
import { isIPv4, type AddressInfo } from 'node:net';

export interface NameServer {
  readonly server: string;
  /** What it knows; other names do not exist. */
  readonly names: Map<string, readonly string[]>;
  ttlS: number;
  isSilent: boolean;
  /** Questions for A records of any name. */
  asked: number;
  close(): Promise<void>;
}

const typeA = 1;

export async function startNameServer(names: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const self: NameServer = {
    server: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    names: new Map(Object.entries(names)),
    ttlS: 60,
    isSilent: false,
    asked: 0,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  socket.on('message', (query, from) => {
    const { name, type, end } = questionIn(query);
    if (type === typeA) self.asked += 1;
    if (!self.isSilent) socket.send(answer(query.subarray(0, end), type, self.names.get(name), self.ttlS), from.port, from.address);
  });
  return self;
}

function questionIn(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answer(question: Buffer, type: number, addresses: readonly string[] | undefined, ttlS: number): Buffer {
  const wanted = (addresses ?? []).filter((address) => isIPv4(address) === (type === typeA));
  const head = Buffer.from(question);
  head.writeUInt16BE(addresses === undefined ? 0x8583 : 0x8580, 2); // authoritative, recursion available; NXDOMAIN
  head.writeUInt16BE(wanted.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...wanted.map((address) => record(address, type, ttlS))]);
}

function record(address: string, type: number, ttlS: number): Buffer {
  const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : bytesOfIPv6(address);
  const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
  fixed.writeUInt32BE(ttlS, 6);
  return Buffer.concat([fixed, data]);
}

/** Of the loopback address and its like: `::1`. */
function bytesOfIPv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const known = [...groups(head), ...groups(tail)];
  const all = [...groups(head), ...Array.from({ length: 8 - known.length }, () => 0), ...groups(tail)];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
