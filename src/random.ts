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
  /** Writes to `to` what so many calls of `next` would give, in a quarter of the time. */
  fill(to: Float64Array): void;
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
  const state: State = { a: spread(), b: spread(), c: spread(), counter: 1 };
  fill(state, new Float64Array(12)); // the generator's author asks for 12 rounds after seeding
  const uint32 = (): number => {
    const t = (((state.a + state.b) | 0) + state.counter) | 0;
    state.counter = (state.counter + 1) | 0;
    state.a = state.b ^ (state.b >>> 9);
    state.b = (state.c + (state.c << 3)) | 0;
    state.c = (((state.c << 21) | (state.c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  return {
    next: () => uint32() / 0x1_0000_0000,
    // Multiply-shift: bias below limit/2^32, which no test of ours can see for pools of up to 65,535 members.
    below: (limit) => Math.floor((uint32() / 0x1_0000_0000) * limit),
    fill: (to) => fill(state, to),
  };
}

interface State {
  a: number;
  b: number;
  c: number;
  counter: number;
}

/** The same rounds with the state in registers. */
function fill(state: State, to: Float64Array): void {
  let { a, b, c, counter } = state;
  for (let at = 0; at < to.length; at += 1) {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    to[at] = (t >>> 0) / 0x1_0000_0000;
  }
  state.a = a;
  state.b = b;
  state.c = c;
  state.counter = counter;
}

export function systemRandom(): Random {
  return createRandom(randomBytes(4).readInt32LE());
}

/** `bytes` random bytes in hexadecimal, for identifiers that must not be guessed. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
