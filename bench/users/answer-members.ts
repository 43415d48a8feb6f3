/**
 * Reads which members an answer names, in its order, straight from the bytes: a general parser would cost more than asking.
 */
import { skipName } from '../../src/dns/name.js';
import { classIn, headerBytes, questionTailBytes, rcodeNumbers, typeCodes } from '../../src/dns/wire.js';

export interface AnswerReader {
  /**
   * Writes the indices of the members named by A records to `members`, and returns how many; an address that is no member's is
   * passed over. −1 when it is no good answer at all: an error, or malformed.
   */
  read(message: Buffer, members: Uint16Array): number;
  /** The least of the answer that was read last. */
  ttlS(): number;
  /** Addresses passed over, since the beginning. */
  strangers(): number;
}

const recordTailBytes = 10; // type, class, TTL, RDLENGTH

/** @param addresses of the members, IPv4, by index. */
export function createAnswerReader(addresses: readonly string[]): AnswerReader {
  const indices = new Map(addresses.map((address, index) => [bitsOf(address), index]));
  let ttlS = 0;
  let strangers = 0;

  function read(message: Buffer, members: Uint16Array): number {
    if ((message.readUInt8(3) & 0x0f) !== rcodeNumbers.NOERROR) return -1;
    let at = headerBytes;
    for (let left = message.readUInt16BE(4); left > 0; left -= 1) at = past(skipName(message, at, message.length)) + questionTailBytes;
    let count = 0;
    ttlS = Number.MAX_SAFE_INTEGER;
    for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
      const tail = past(skipName(message, at, message.length));
      const rdataBytes = message.readUInt16BE(tail + 8);
      ttlS = Math.min(ttlS, message.readUInt32BE(tail + 4));
      const isAddress = message.readUInt16BE(tail) === typeCodes.A && message.readUInt16BE(tail + 2) === classIn && rdataBytes === 4;
      const index = isAddress ? indices.get(message.readUInt32BE(tail + recordTailBytes)) : undefined;
      if (index !== undefined && count < members.length) members[count++] = index;
      else if (isAddress) strangers += 1;
      at = tail + recordTailBytes + rdataBytes;
    }
    if (count === 0) ttlS = 0;
    return count;
  }

  return {
    ttlS: () => ttlS,
    strangers: () => strangers,
    read(message, members) {
      try {
        return read(message, members);
      } catch (error) {
        if (error instanceof RangeError) return -1; // it is shorter than it says
        throw error;
      }
    },
  };
}

function past(at: number): number {
  if (at < 0) throw new RangeError('a name is malformed');
  return at;
}

const bitsOf = (address: string): number => address.split('.').reduce((bits, part) => bits * 256 + Number(part), 0);
