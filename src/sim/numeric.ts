/**
 * Natural logarithm and exponential with the same digits on every machine.
 *
 * ECMAScript leaves `Math.log` and `Math.exp` to the implementation, so two versions of Node may differ in the last digit
 * and, some million events later, in everything. These use + − × ÷ alone, which IEEE 754 rounds in one way: the method and
 * the coefficients of fdlibm (Sun Microsystems 1993; e_log.c, e_exp.c), without its special cases. Error below 1 ulp.
 */

/** One number seen as two words, to take its exponent off and to put one on. */
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
/** Where the word with sign and exponent is: 1 on little-endian machines. */
const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** 2^(i − 1024) at i, by doubling and halving, which are exact down to the least of them. */
const powers = new Float64Array(2047);
powers[1024] = 1;
for (let i = 1025; i < powers.length; i += 1) powers[i] = 2 * (powers[i - 1] as number);
for (let i = 1023; i >= 0; i -= 1) powers[i] = (powers[i + 1] as number) / 2;

/** ln 2 in two parts; the first has 20 zero bits at its end, so that its product with an exponent is exact. */
const ln2High = 6.93147180369123816490e-1;
const ln2Low = 1.90821492927058770002e-10;
const oneOverLn2 = 1.44269504088896338700;

/** @param x finite, from 2^-1022 up. */
export function ln(x: number): number {
  number[0] = x;
  // x = 2^k · m with m from √½ to √2; 0x3fe6a09e is the high word of √½. Scaling by a power of two is exact, and faster than
  // writing one word of two and reading both.
  const k = (((words[high] as number) + (0x3ff00000 - 0x3fe6a09e)) >> 20) - 0x3ff; // one of two words
  const f = x * (powers[1024 - k] as number) - 1; // k is from −1022 to 1024
  // ln(1+f) by s = f/(2+f): 2s + s·R(s²), R the best polynomial of its degree.
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const even =
    z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const half = 0.5 * f * f;
  return s * (half + odd + even) + k * ln2Low - half + f + k * ln2High;
}

/** @param x from −700 to 700. */
export function exp(x: number): number {
  // x = k·ln 2 + r with |r| ≤ ½·ln 2, r = high − low.
  const k = Math.floor(oneOverLn2 * x + 0.5);
  const rHigh = x - k * ln2High;
  const rLow = k * ln2Low;
  const r = rHigh - rLow;
  const rr = r * r;
  const tail = 6.61375632143793436117e-5 + rr * (-1.65339022054652515390e-6 + rr * 4.13813679705723846039e-8);
  const c = r - rr * (1.66666666666666019037e-1 + rr * (-2.77777777770155933842e-3 + rr * tail));
  const y = 1 + ((r * c) / (2 - c) - rLow + rHigh);
  words[1 - high] = 0;
  words[high] = (k + 0x3ff) << 20;
  return y * (number[0] as number);
}
