/**
 * Student's t and the normal law, for intervals from a handful of rounds at any confidence.
 */

/** P(T ≤ t) for a whole number of degrees of freedom; exact sums (Abramowitz and Stegun 26.7.3 and 26.7.4). */
export function studentCdf(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const cos2 = Math.cos(theta) ** 2;
  const odd = degrees % 2 === 1;
  let term = odd ? Math.cos(theta) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let at = odd ? 3 : 2; at <= degrees - 2; at += 2) {
    term *= (cos2 * (at - 1)) / at;
    sum += term;
  }
  const inside = odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
  return (1 + inside) / 2;
}

/** The t with P(T ≤ t) = p, for p from 0.5 to below 1; by halving, to ten digits. */
export function studentQuantile(p: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentCdf(high, degrees) < p) high *= 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** P(Z ≤ z) of the normal law, for z ≤ 0; in the tail, too, with seven digits (a continued fraction below −3). */
export function normalCdf(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < -3) {
    let fraction = -z;
    for (let depth = 60; depth > 0; depth -= 1) fraction = -z + depth / fraction;
    return density / fraction;
  }
  let term = z;
  let sum = z;
  for (let at = 1; at < 100; at += 1) {
    term *= (z * z) / (2 * at + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}
