/**
 * The seed of each repetition, from the study's seed and the repetition's number alone: points of a sweep meet the same
 * random numbers, so that they differ by what was swept and not by chance (common random numbers).
 */

/** splitmix32's finish: one to one on 32 bits. */
function mixed(bits: number): number {
  let t = bits ^ (bits >>> 16);
  t = Math.imul(t, 0x21f0aaad);
  t ^= t >>> 15;
  t = Math.imul(t, 0x735a2d97);
  return (t ^ (t >>> 15)) >>> 0;
}

/** No two repetitions of a study have the same one: the step is odd and the mixing one to one. */
export function seedOf(seed: number, repetition: number): number {
  return mixed((mixed(seed | 0) + Math.imul(repetition, 0x9e3779b9)) | 0);
}
