/**
 * Domain names: from text to wire form, and the scan that reads the name of a question.
 *
 * The scan is the only loop over a stranger's name. It copies the name in lower case into a scratch that is used again
 * for every query, remembers where each label starts, and refuses compression, reserved label types and anything over
 * the limits of RFC 1035 §2.3.4. Lookups then compare plain bytes.
 */

export const labelBytesMax = 63;
export const nameBytesMax = 255;
const labelsMax = 127;

/** Text of a name is printable ASCII without the characters that have a meaning in zone files. */
const labelText = /^[!#$%&'*+,\-/0-9:<=>?A-Z[\]^_`a-z{|}~]+$/;

/** The wire form, root label included; letter case is kept. @throws RangeError that says what is wrong with the name. */
export function encodeName(name: string): Buffer {
  const text = name.endsWith('.') ? name.slice(0, -1) : name;
  const labels = text === '' ? [] : text.split('.');
  const bytes = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  for (const label of labels) {
    if (label === '') throw new RangeError(`the name "${name}" has an empty label`);
    if (!labelText.test(label)) {
      throw new RangeError(`the label "${label}" has a character that is not allowed; write international names in their ASCII form (xn--…)`);
    }
    if (label.length > labelBytesMax) throw new RangeError(`the label "${label}" has ${label.length} bytes; at most ${labelBytesMax} are allowed`);
  }
  if (bytes > nameBytesMax) throw new RangeError(`the name "${name}" has ${bytes} bytes; at most ${nameBytesMax} are allowed`);
  return Buffer.from(labels.map((label) => String.fromCharCode(label.length) + label).join('') + '\0', 'latin1');
}

export interface NameScan {
  /** The wire form with its letters in lower case; what lies beyond `bytes` is left from earlier names. */
  readonly lower: Uint8Array;
  /** Offset in `lower` of the length byte of each label, leftmost first. */
  readonly labelAt: Uint8Array;
  /** How many labels, the root not counted. */
  labels: number;
  /** Length of the wire form, the root's byte counted. */
  bytes: number;
}

export function createNameScan(): NameScan {
  return { lower: new Uint8Array(nameBytesMax), labelAt: new Uint8Array(labelsMax), labels: 0, bytes: 0 };
}

/** Reads the uncompressed name at `at`, which must end before `end`. False: there is none, and `scan` is not to be used. */
export function scanName(scan: NameScan, message: Uint8Array, at: number, end: number): boolean {
  const { lower, labelAt } = scan;
  let labels = 0;
  let offset = 0;
  while (at + offset < end) {
    const length = message[at + offset] as number; // at + offset < end ≤ message.length
    lower[offset] = length;
    if (length === 0) {
      scan.labels = labels;
      scan.bytes = offset + 1;
      return true;
    }
    const next = offset + 1 + length;
    // A compression pointer or a reserved label type is above 63 too; `next` must leave room for the root's byte.
    if (length > labelBytesMax || next >= nameBytesMax || at + next >= end) return false;
    labelAt[labels] = offset;
    labels += 1;
    for (offset += 1; offset < next; offset += 1) {
      const byte = message[at + offset] as number; // offset < next, and at + next < end
      lower[offset] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    }
  }
  return false;
}

/** Where the name that starts at `at` ends, without following a pointer; -1 when it does not end before `end`. */
export function skipName(message: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const length = message[at] as number; // at < end ≤ message.length
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= end ? at + 2 : -1;
    if (length > labelBytesMax) return -1;
    at += 1 + length;
  }
  return -1;
}
