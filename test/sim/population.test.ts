/** Who is behind which resolver. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixHash } from '../../src/pool/policies/prefix.js';
import { clientsPerResolver, resolverAddress, resolversMax, sharesOf } from '../../src/sim/population.js';
import type { Population } from '../../src/sim/scenario.js';

const population = (some: Partial<Population>): Population => ({ law: 'uniform', count: 1, exponent: 1, weights: [], ...some });
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

describe('shares', () => {
  it('uniform: the same', () => {
    expect([...sharesOf(population({ count: 4 }))]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('zipf: 1/k^exponent', () => {
    const [first = 0, second, , fourth] = sharesOf(population({ law: 'zipf', count: 100, exponent: 1 }));
    expect([second, fourth]).toEqual([expect.closeTo(first / 2, 15), expect.closeTo(first / 4, 15)]);
    const [steep = 0, , third] = sharesOf(population({ law: 'zipf', count: 100, exponent: 1.7 }));
    expect(third).toBeCloseTo(steep / 3 ** 1.7, 12);
  });

  it('zipf with exponent 0 is uniform', () => {
    expect([...sharesOf(population({ law: 'zipf', count: 4, exponent: 0 }))]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('head: as listed, and the tail goes on at its rank', () => {
    const shares = sharesOf(population({ law: 'head', count: 5, weights: [0.3, 0.2] }));
    const tail = [1 / 3, 1 / 4, 1 / 5].map((weight) => (0.5 * weight) / (1 / 3 + 1 / 4 + 1 / 5));
    expect([...shares]).toEqual([0.3, 0.2, ...tail].map((share) => expect.closeTo(share, 12)));
  });

  it.each([
    ['that is everybody', { count: 2, weights: [0.3, 0.1] }, [0.75, 0.25]],
    ['longer than the population', { count: 1, weights: [0.3, 0.1] }, [1]],
    ['that leaves nothing', { count: 3, weights: [0.75, 0.25] }, [0.75, 0.25, 0]],
  ])('a head %s', (_, some, expected) => {
    expect([...sharesOf(population({ law: 'head', ...some }))]).toEqual(expected.map((share) => expect.closeTo(share, 12)));
  });

  it('listed: relative weights', () => {
    expect([...sharesOf(population({ law: 'listed', count: 3, weights: [2, 1, 1] }))]).toEqual([0.5, 0.25, 0.25]);
  });
});

describe('clients of each resolver', () => {
  it('of gateways-1998: 500 clients behind 20 by pure Zipf', () => {
    const counts = clientsPerResolver(population({ law: 'zipf', count: 20 }), 500);
    expect([...counts]).toEqual([139, 69, 46, 35, 28, 23, 20, 17, 15, 14, 13, 12, 11, 10, 9, 9, 8, 8, 7, 7]);
  });

  it('equal remainders: the first gets one more', () => {
    expect([...clientsPerResolver(population({ count: 4 }), 6)]).toEqual([2, 2, 1, 1]);
  });

  it('are all of them, and each within one of its share', () => {
    const laws = fc.constantFrom<Population['law']>('uniform', 'zipf', 'head', 'listed');
    const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    const exponents = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(laws, weights, fc.integer({ min: 1, max: 60 }), exponents, fc.nat(5000), (law, raw, more, exponent, clients) => {
        const parts = law === 'head' ? raw.map((weight) => weight / 40) : raw;
        const some = population({ law, exponent, weights: parts, count: law === 'listed' ? raw.length : more });
        const shares = sharesOf(some);
        const counts = clientsPerResolver(some, clients);
        expect(counts).toHaveLength(some.count);
        expect(sum(shares)).toBeCloseTo(1, 9);
        expect(sum(counts)).toBe(clients);
        counts.forEach((count, index) => expect(Math.abs(count - shares[index]! * clients)).toBeLessThan(1));
      }),
    );
  });
});

describe('addresses', () => {
  it('are IPv4, each in a /24 of its own', () => {
    expect([resolverAddress(0), resolverAddress(258), resolverAddress(resolversMax - 1)]).toEqual(['16.0.0.53', '16.1.2.53', '47.255.255.53']);
    const networks = new Set(Array.from({ length: 100_000 }, (_, index) => prefixHash(resolverAddress(index * 20))));
    expect(networks.size).toBe(100_000);
  });

  it('end somewhere', () => {
    expect(() => resolverAddress(resolversMax)).toThrow(RangeError);
  });
});
