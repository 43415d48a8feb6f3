/**
 * From a scanned name to what the zone knows of it: a hash table over the labels left of the apex.
 *
 * Looking up allocates nothing. The hash runs from the apex leftwards, so one pass yields the hash of the name and of
 * every ancestor, and the closest encloser that a wildcard needs (RFC 4592 §3.3.1) costs one probe a label. Queries
 * cannot insert, so nobody can grow the table or its chains from outside.
 */
import type { NameScan } from './name.js';

export interface NameTable<Node> {
  /** Offset of the apex in the name; -1 when the name is not in the zone. */
  apexAt(name: NameScan): number;
  /** What stands at the name, or else at the wildcard of its closest encloser; undefined: neither exists. */
  find(name: NameScan, apexAt: number): Node | undefined;
}

export interface NameEntry<Node> {
  /** Wire form in lower case of the labels left of the apex; empty for the apex itself. */
  readonly labels: Uint8Array;
  readonly node: Node;
  /** What stands at `*` directly below. */
  readonly wildcard: Node | undefined;
}

const seed = 0x811c9dc5 | 0;
const step = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193); // FNV-1a

/** @param apex wire form in lower case, not the root. `entries` must contain the apex and every name between it and any other. */
export function createNameTable<Node>(apex: Uint8Array, entries: readonly NameEntry<Node>[]): NameTable<Node> {
  const slots = createSlots(entries);
  const mask = slots.length - 1;
  const hashes = new Int32Array(128); // of the name from each label to the apex; a name has at most 127 labels
  const apexLabels = countLabels(apex);

  function apexAt(name: NameScan): number {
    const at = name.bytes - apex.length;
    // The right bytes are not enough: a label such as `x<10>roundhouse` must not pass for a boundary.
    if (name.labels < apexLabels || name.labelAt[name.labels - apexLabels] !== at) return -1;
    for (let offset = 0; offset < apex.length; offset += 1) {
      if (name.lower[at + offset] !== apex[offset]) return -1;
    }
    return at;
  }

  function entryAt(lower: Uint8Array, from: number, to: number, hash: number): NameEntry<Node> | undefined {
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot];
      if (entry === undefined || equals(entry.labels, lower, from, to)) return entry;
    }
  }

  function find(name: NameScan, apexOffset: number): Node | undefined {
    const { lower, labelAt } = name;
    let hash = seed;
    let offset = apexOffset;
    const depth = name.labels - apexLabels;
    for (let label = depth - 1; label >= 0; label -= 1) {
      const start = labelAt[label] as number; // label < labels
      while (offset > start) hash = step(hash, lower[--offset] as number); // 0 ≤ offset < bytes
      hashes[label] = hash;
    }
    const exact = entryAt(lower, 0, apexOffset, hash);
    if (exact !== undefined) return exact.node;
    for (let label = 1; label <= depth; label += 1) {
      const from = label === depth ? apexOffset : (labelAt[label] as number); // label < labels
      const encloser = entryAt(lower, from, apexOffset, label === depth ? seed : (hashes[label] as number));
      if (encloser !== undefined) return encloser.wildcard;
    }
    return undefined;
  }

  return { apexAt, find };
}

function createSlots<Node>(entries: readonly NameEntry<Node>[]): (NameEntry<Node> | undefined)[] {
  let size = 4;
  while (size < entries.length * 2) size *= 2; // at most half full, so chains end soon
  const slots = new Array<NameEntry<Node> | undefined>(size).fill(undefined);
  for (const entry of entries) {
    let slot = entry.labels.reduceRight(step, seed) & (size - 1);
    while (slots[slot] !== undefined) slot = (slot + 1) & (size - 1);
    slots[slot] = entry;
  }
  return slots;
}

function equals(labels: Uint8Array, lower: Uint8Array, from: number, to: number): boolean {
  if (labels.length !== to - from) return false;
  for (let offset = 0; offset < labels.length; offset += 1) {
    if (labels[offset] !== lower[from + offset]) return false;
  }
  return true;
}

function countLabels(name: Uint8Array): number {
  let labels = 0;
  for (let at = 0; name[at] !== 0; at += 1 + (name[at] as number)) labels += 1; // ends at the root's byte
  return labels;
}
