/** EDNS client subnet options, written and read byte by byte. */

export interface SubnetOption {
  readonly family?: number;
  readonly sourceBits: number;
  readonly scopeBits?: number;
  /** As many bytes as shall be sent. */
  readonly address: readonly number[];
}

export function subnetOption({ family = 1, sourceBits, scopeBits = 0, address }: SubnetOption): Buffer {
  return Buffer.from([0, 8, 0, 4 + address.length, family >> 8, family & 255, sourceBits, scopeBits, ...address]);
}

/** Of a response whose last record is an OPT with that option alone; undefined when it has none. */
export function subnetOf(response: Buffer): SubnetOption | undefined {
  for (let addressBytes = 0; addressBytes <= 16; addressBytes += 1) {
    const at = response.length - 8 - addressBytes;
    const opt = at - 11;
    if (opt < 12 || response.readUInt16BE(opt + 1) !== 41 || response.readUInt16BE(opt + 9) !== 8 + addressBytes) continue;
    if (response.readUInt16BE(at) !== 8 || response.readUInt16BE(at + 2) !== 4 + addressBytes) continue;
    const [sourceBits = 0, scopeBits = 0] = response.subarray(at + 6);
    return { family: response.readUInt16BE(at + 4), sourceBits, scopeBits, address: [...response.subarray(at + 8)] };
  }
  return undefined;
}
