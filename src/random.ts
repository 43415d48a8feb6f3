/**
 * Randomness, injected. One of the four files that may touch the platform's entropy.
 *
 * `createRandom(seed)` gives the same digits on every machine (sfc32, seeded through splitmix32), which is what the
 * simulator and the tests need; `systemRandom()` seeds the same generator from the operating system.
 */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** A number in [0, 1), 32 bits of resolution. */
  next(): number;
  /** A whole number in [0, limit); `limit` is from 1 to 2^32. */
  below(limit: number): number;
}

/** @param seed any whole number; the lower 32 bits count. */
export function createRandom(seed: number): Random {
  let mix = seed | 0;
  const spread = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let t = mix ^ (mix >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  let a = spread();
  let b = spread();
  let c = spread();
  let counter = 1;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let round = 0; round < 12; round += 1) uint32(); // the generator's author asks for 12 rounds after seeding
  return {
    next: () => uint32() / 0x1_0000_0000,
    // Multiply-shift: bias below limit/2^32, which no test of ours can see for pools of up to 65,535 members.
    below: (limit) => Math.floor((uint32() / 0x1_0000_0000) * limit),
  };
}

export function systemRandom(): Random {
  return createRandom(randomBytes(4).readInt32LE());
}

/** `bytes` random bytes in hexadecimal, for identifiers that must not be guessed. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
