/** Writes a small database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), for tests: none may be given away with them. */
import { readNetwork } from '../../src/pool/locations.js';
import { bitAt } from '../../src/pool/prefix-tree.js';

export interface Entry {
  readonly network: string;
  readonly record: Value;
}

type Value = string | number | { readonly [key: string]: Value };

export interface DatabaseOptions {
  readonly ipVersion?: 4 | 6;
  readonly recordBits?: 24 | 28 | 32;
}

/** Children by node: a node, −1 for nothing, or −2 − entry. */
type Tree = [number, number][];

export function writeDatabase(entries: readonly Entry[], { ipVersion = 6, recordBits = 24 }: DatabaseOptions = {}): Buffer {
  const tree: Tree = [[-1, -1]];
  entries.forEach(({ network }, index) => insert(tree, bitsOf(network, ipVersion), index));
  const data = entries.map(({ record }) => encode(record));
  let end = 0;
  const offsets = data.map(({ length }) => (end += length) - length);
  const pointerOf = (child: number): number => {
    if (child >= 0) return child;
    return child === -1 ? tree.length : tree.length + 16 + (offsets[-2 - child] ?? 0);
  };
  const nodes = tree.map(([left, right]) => encodeNode(pointerOf(left), pointerOf(right), recordBits));
  const metadata = encode({
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1_700_000_000, database_type: 'Test' },
    ...{ description: { en: 'test' }, ip_version: ipVersion, node_count: tree.length, record_size: recordBits },
  });
  return Buffer.concat([...nodes, Buffer.alloc(16), ...data, Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'), metadata]);
}

/** IPv4 stands in the first 32 bits behind 96 zeros of an IPv6 tree. */
function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const { familyBits, bytes, bits } = readNetwork(network);
  const own = Array.from({ length: bits }, (_, place) => bitAt(bytes, place));
  return ipVersion === 6 && familyBits === 32 ? [...Array<number>(96).fill(0), ...own] : own;
}

function insert(tree: Tree, bits: readonly number[], entry: number): void {
  let node = 0;
  bits.forEach((bit, depth) => {
    const children = tree[node] ?? [-1, -1];
    if (depth === bits.length - 1) children[bit === 0 ? 0 : 1] = -2 - entry;
    else {
      const child = children[bit] ?? -1;
      node = child >= 0 ? child : tree.push([child, child]) - 1; // what was wider stays on both sides
      children[bit === 0 ? 0 : 1] = node;
    }
  });
}

function encodeNode(left: number, right: number, recordBits: number): Buffer {
  const node = Buffer.alloc(recordBits / 4);
  if (recordBits === 28) {
    node.writeUIntBE(left & 0xff_ffff, 0, 3);
    node.writeUInt8(((left >> 24) << 4) | (right >> 24), 3);
    node.writeUIntBE(right & 0xff_ffff, 4, 3);
    return node;
  }
  node.writeUIntBE(left, 0, recordBits / 8);
  node.writeUIntBE(right, recordBits / 8, recordBits / 8);
  return node;
}

/** Strings, numbers of 32 bits, and maps, each below 29 bytes or entries. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.of(0x40 | value.length), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.of(0xc4), bytes]);
  }
  const fields = Object.entries(value);
  return Buffer.concat([Buffer.of(0xe0 | fields.length), ...fields.flatMap(([key, inner]) => [encode(key), encode(inner)])]);
}
