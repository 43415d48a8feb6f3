/**
 * Which of many networks an address is in: a binary tree over the bits of prefixes, the longest that fits.
 *
 * It is built once and read without allocating. While it is built, equal halves are joined, so a walk ends as soon as
 * nothing further down could change what is found. How far it went is therefore the shortest prefix that gets this one
 * answer as a whole, which is what EDNS client subnet calls the scope (RFC 7871 §7.2.1).
 */

/** A network of an address family. */
export interface Prefix {
  readonly bytes: Uint8Array;
  /** How many bits of `bytes` count. */
  readonly bits: number;
}

export interface PrefixTree {
  /** Value of the longest prefix that has the first `bits` of `bytes` in it, or −1. Bits behind those must be 0. */
  find(bytes: Uint8Array, bits: number): number;
  /**
   * Of the last `find`: all addresses that share so many leading bits get the same. More than were asked about when these
   * do not decide.
   */
  readonly scopeBits: number;
}

export interface PrefixTreeBuilder {
  /** What lies within is replaced, so wide prefixes come before narrow ones. @param value from 0 to 32,766. */
  add(prefix: Prefix, value: number): void;
  build(): PrefixTree;
}

export const bitAt = (bytes: Uint8Array, place: number): 0 | 1 => (((bytes[place >> 3] ?? 0) >> (7 - (place & 7))) & 1) as 0 | 1; // masked

/** Children by 2 × node + bit; −1: none. `values` by node; −1: none. Node 0 is the root. */
interface Growing {
  readonly children: number[];
  readonly values: number[];
}

export function createPrefixTree(): PrefixTreeBuilder {
  const growing: Growing = { children: [-1, -1], values: [-1] };
  const { children, values } = growing;
  return {
    add({ bytes, bits }, value) {
      let node = 0;
      for (let depth = 0; depth < bits; depth += 1) {
        const at = 2 * node + bitAt(bytes, depth);
        if (children[at] === -1) {
          children[at] = values.length;
          children.push(-1, -1);
          values.push(-1);
        }
        node = children[at] as number; // just made, if it was not there
      }
      children[2 * node] = children[2 * node + 1] = -1;
      values[node] = value;
    },
    build: () => freeze(growing),
  };
}

/** Where a walk ends and with what: −1 stands for nothing, −2 for value 0, and so on. */
const leafOf = (value: number): number => -2 - value;
const valueOf = (leaf: number): number => -2 - leaf;

/** Every inner node of the result has different halves. */
function freeze({ children, values }: Growing): PrefixTree {
  const next: number[] = [];
  const covers: number[] = [];

  /** @returns an inner node of the result, or a leaf. */
  function settle(node: number, inherited: number): number {
    if (node === -1) return leafOf(inherited);
    const own = values[node] as number; // nodes are in range, as below
    const cover = own === -1 ? inherited : own;
    const low = settle(children[2 * node] as number, cover);
    const high = settle(children[2 * node + 1] as number, cover);
    if (low === high && low < 0) return low;
    next.push(low, high);
    return covers.push(cover) - 1;
  }

  return createReader(settle(0, -1), Int32Array.from(next), Int16Array.from(covers));
}

function createReader(root: number, next: Int32Array, covers: Int16Array): PrefixTree {
  let scopeBits = 0;
  return {
    find(bytes, bits) {
      let at = root;
      let depth = 0;
      let undecided = -1;
      for (; at >= 0; depth += 1) {
        if (depth === bits) undecided = at;
        at = next[2 * at + bitAt(bytes, depth)] as number; // nodes are in range
      }
      scopeBits = depth;
      return undecided < 0 ? valueOf(at) : (covers[undecided] as number); // as above
    },
    get scopeBits() {
      return scopeBits;
    },
  };
}
