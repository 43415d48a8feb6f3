/**
 * Messages out of a byte stream: two bytes of length, then the message (RFC 1035 §4.2.2), split and joined anywhere.
 *
 * A message that lies within one chunk is handed out without copying; one that does not is collected in a buffer of its
 * announced length, so that a client that dribbles single bytes costs one copy a byte and at most 64 KiB.
 */

export interface FrameReader {
  push(chunk: Buffer): void;
  /** The next complete message, which is valid until the next call; undefined: more has to come first. */
  next(): Buffer | undefined;
}

const nothing: Buffer = Buffer.alloc(0);

export function createFrameReader(): FrameReader {
  let input = nothing;
  let at = 0;
  let length = -1; // of the message under way; -1 while its prefix is incomplete
  let prefixByte = -1;
  let collected: Buffer | undefined;
  let collectedBytes = 0;

  function readLength(): void {
    if (prefixByte < 0 && at < input.length) prefixByte = input[at++] as number; // at < input.length
    if (prefixByte < 0 || at === input.length) return;
    length = (prefixByte << 8) | (input[at++] as number);
    prefixByte = -1;
  }

  function collect(): Buffer | undefined {
    collected ??= Buffer.allocUnsafe(length);
    const bytes = input.copy(collected, collectedBytes, at, at + length - collectedBytes);
    at += bytes;
    collectedBytes += bytes;
    return collectedBytes === length ? collected : undefined;
  }

  function within(): Buffer {
    at += length;
    return input.subarray(at - length, at);
  }

  return {
    push(chunk) {
      input = at < input.length ? Buffer.concat([input.subarray(at), chunk]) : chunk;
      at = 0;
    },
    next() {
      if (length < 0) readLength();
      if (length < 0) return undefined;
      const message = collected === undefined && input.length - at >= length ? within() : collect();
      if (message === undefined) return undefined;
      length = -1;
      collected = undefined;
      collectedBytes = 0;
      return message;
    },
  };
}
