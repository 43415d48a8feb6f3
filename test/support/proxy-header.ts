/**
 * Writes headers of the PROXY protocol, version 2, byte by byte from the specification, right ones and wrong ones.
 */

export const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

export interface HeaderParts {
  /** Version and command. */
  readonly command?: number;
  /** Family and transport. */
  readonly transport?: number;
  readonly block?: Buffer;
  /** Instead of the block's own. */
  readonly length?: number;
}

export function binaryHeader({ command = 0x21, transport = 0x11, block = inet(), length = block.length }: HeaderParts = {}): Buffer {
  return Buffer.concat([signature, Buffer.from([command, transport, length >> 8, length & 255]), block]);
}

export const inet = (source = [192, 0, 2, 7], port = 4711): Buffer =>
  Buffer.from([...source, 198, 51, 100, 1, port >> 8, port & 255, 443 >> 8, 443 & 255]);

/** @param groups the source address. */
export function inet6(groups: readonly number[], port = 4711): Buffer {
  const bytes = (numbers: readonly number[]): number[] => numbers.flatMap((number) => [number >> 8, number & 255]);
  return Buffer.from([...bytes(groups), ...bytes([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), ...bytes([port, 443])]);
}

export const extension = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]);

/** A header whose block ends in a right checksum. */
export function checkedHeader(block: Buffer): Buffer {
  const header = binaryHeader({ block: Buffer.concat([block, extension(3, Buffer.alloc(4))]) });
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

/** By polynomial division, most significant bit of the reflected bytes first: not how the code under test does it. */
export function crc32c(bytes: Buffer): number {
  const bits = [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1));
  const dividend = [...bits, ...Array.from({ length: 32 }, () => 0)].map((bit, index) => (index < 32 ? bit ^ 1 : bit));
  const divisor = [1, ...[...(0x1edc6f41).toString(2).padStart(32, '0')].map(Number)];
  for (let at = 0; at + 32 < dividend.length; at += 1) {
    if (dividend[at] === 1) divisor.forEach((bit, index) => (dividend[at + index] = (dividend[at + index] ?? 0) ^ bit));
  }
  const remainder = dividend.slice(-32).reverse(); // reflected again
  return remainder.reduce((sum, bit) => sum * 2 + (bit ^ 1), 0);
}
