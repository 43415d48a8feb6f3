/** Demand: given, and estimated from the gaps between questions on a virtual clock. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createGivenDemand, type Demand } from '../../src/pool/demand.js';
import { createEstimatedDemand, type EstimateOptions } from '../../src/pool/estimated-demand.js';
import { createRandom } from '../../src/random.js';

const rates = (demand: Demand): number[] => {
  const list: number[] = [];
  demand.forEachRate((rate) => list.push(rate));
  return list;
};

describe('given demand', () => {
  const demand = createGivenDemand([
    { address: '192.0.2.1', lookupsPerS: 6 },
    { address: '198.51.100.1', lookupsPerS: 1 },
    { address: '2001:db8::1', lookupsPerS: 2 },
    { address: '192.0.2.200', lookupsPerS: 1 }, // the first network again
  ]);

  it('knows the share of each network, whoever of it asks', () => {
    expect(demand.networks).toBe(3);
    expect(demand.share({ address: '192.0.2.77' })).toBe(0.7);
    expect(demand.share({ address: '2001:db8::99' })).toBe(0.2);
    expect(demand.shareMax).toBe(0.7);
    expect(rates(demand)).toEqual([7, 1, 2]);
  });

  it('takes a stranger for average', () => {
    expect(demand.share({ address: '203.0.113.1' })).toBe(1 / 3);
  });

  it('learns nothing', () => {
    demand.answered({ address: '203.0.113.1' }, 30);
    expect([demand.networks, demand.version, demand.evictionsTotal]).toEqual([3, 1, 0]);
  });

  it.each([[[]], [[{ address: '192.0.2.1', lookupsPerS: 0 }]]])('of %j is one network with everything', (networks) => {
    const nothing = createGivenDemand(networks);
    expect([nothing.share({ address: '192.0.2.1' }), nothing.shareMax]).toEqual([1, 1]);
  });
});

interface Source {
  readonly address: string;
  readonly lookupsPerS: number;
  /** Caches of the network, each with an equal part of the look-ups; 1 if not said. */
  readonly caches?: number;
}

interface Question {
  readonly atS: number;
  readonly address: string;
}

/** When Poisson look-ups behind caches become questions, up to `untilS`. */
function questionsOf(sources: readonly Source[], ttlS: number, untilS: number): Question[] {
  const random = createRandom(7);
  const questions: Question[] = [];
  for (const { address, lookupsPerS, caches = 1 } of sources) {
    const idleS = (): number => (-Math.log(1 - random.next()) * caches) / lookupsPerS;
    for (let cache = 0; cache < caches; cache += 1) {
      for (let atS = idleS(); atS < untilS; atS += ttlS + idleS()) questions.push({ atS, address });
    }
  }
  return questions.sort((a, b) => a.atS - b.atS);
}

function createRig(options: Partial<EstimateOptions> = {}) {
  const clock = createVirtualClock();
  const demand = createEstimatedDemand({ clock, networksMax: 256, ...options });
  const answerAt = (atS: number, address: string, ttlS: number): void => {
    clock.advanceTo(atS * 1000);
    demand.answered({ address }, ttlS);
  };
  return { clock, demand, answerAt };
}

/** The estimated rate, the mean of many looks in the second half of the time. */
function meanEstimate(sources: readonly Source[], ttlS: number, untilS: number): number {
  const { demand, answerAt } = createRig();
  const seen: number[] = [];
  let lookS = untilS / 2;
  for (const { atS, address } of questionsOf(sources, ttlS, untilS)) {
    answerAt(atS, address, ttlS);
    if (atS < lookS) continue;
    lookS += untilS / 40;
    seen.push(rates(demand).reduce((sum, rate) => sum + rate, 0));
  }
  const mean = seen.reduce((sum, rate) => sum + rate, 0) / seen.length;
  return mean;
}

const networks = (count: number, lookupsPerS: number, caches = 1): Source[] =>
  Array.from({ length: count }, (_, at) => ({ address: `10.0.${at}.1`, lookupsPerS, caches }));

describe('estimated demand', () => {
  it.each([
    [0.01, 60],
    [0.1, 60],
    [1, 60],
    [10, 60],
    [0.1, 240],
    [1, 1],
    [2, 0],
  ])('finds the rate of %d look-ups/s behind a cache with TTL %d s', (lookupsPerS, ttlS) => {
    const mean = meanEstimate(networks(40, lookupsPerS), ttlS, Math.max(400, 150 * (ttlS + 1 / lookupsPerS)));
    expect(mean / (40 * lookupsPerS)).toBeGreaterThan(0.96);
    expect(mean / (40 * lookupsPerS)).toBeLessThan(1.04);
  });

  it.each([
    [2, 0.1],
    [2, 10],
    [3, 1],
    [4, 0.1],
    [4, 10],
  ])('adds up %i caches of one network, together %d look-ups/s', (caches, lookupsPerS) => {
    const mean = meanEstimate(networks(20, lookupsPerS, caches), 60, 150 * (60 + caches / lookupsPerS));
    expect(mean / (20 * lookupsPerS)).toBeGreaterThan(0.95);
    expect(mean / (20 * lookupsPerS)).toBeLessThan(1.05);
  });

  it('adds up a busy resolver and a quiet one of the same network', () => {
    const sources = networks(20, 1).flatMap((busy) => [busy, { address: busy.address.replace(/1$/, '2'), lookupsPerS: 0.01 }]);
    const mean = meanEstimate(sources, 60, 12_000);
    expect(mean / (20 * 1.01)).toBeGreaterThan(0.93);
    expect(mean / (20 * 1.01)).toBeLessThan(1.07);
  });

  it('tells shares that differ by a factor of a hundred', () => {
    const sources = [100, 10, 10, 1].map((lookupsPerS, at) => ({ address: `10.0.${at}.1`, lookupsPerS }));
    const { demand, answerAt } = createRig();
    for (const { atS, address } of questionsOf(sources, 30, 20_000)) answerAt(atS, address, 30);
    const shares = sources.map(({ address }) => demand.share({ address }));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(demand.networks).toBe(4);
    expect(demand.shareMax).toBe(shares[0]);
    for (const [at, { lookupsPerS }] of sources.entries()) {
      expect((shares[at] ?? 0) / (lookupsPerS / 121)).toBeGreaterThan(0.6); // one look, and each has its 13 % twice
      expect((shares[at] ?? 0) / (lookupsPerS / 121)).toBeLessThan(1.6);
    }
  });

  it('takes everybody for average until something is known', () => {
    const { demand, answerAt } = createRig();
    expect([demand.share({ address: '10.0.0.1' }), demand.shareMax, demand.networks]).toEqual([1, 1, 0]);
    for (let at = 0; at < 10; at += 1) answerAt(0, `10.0.${at}.1`, 30);
    answerAt(10, '10.0.0.1', 30); // reckoned anew: ten networks, no gap yet
    expect(demand.networks).toBe(10);
    expect(demand.share({ address: '10.0.3.1' })).toBeCloseTo(0.1, 12);
    expect(demand.share({ address: '10.0.99.1' })).toBe(0.1);
    expect(demand.shareMax).toBeCloseTo(0.1, 12);
  });

  it('believes a network that falls silent less and less, and at last forgets it', () => {
    const { demand, answerAt } = createRig({ forgetMs: 1_000_000 });
    for (let atS = 0; atS <= 1000; atS += 10) {
      answerAt(atS, '10.0.0.1', 5);
      answerAt(atS, '10.0.1.1', 5);
    }
    const shareAt = (untilS: number, fromS: number): number => {
      for (let atS = fromS; atS <= untilS; atS += 10) answerAt(atS, '10.0.1.1', 5);
      return demand.share({ address: '10.0.0.1' });
    };
    expect(shareAt(1020, 1010)).toBeCloseTo(0.5, 3); // silent for three idle times: that happens
    expect(shareAt(1405, 1030)).toBeCloseTo(4 / 395 / (4 / 395 + (31.5 / 32) * 0.2), 1);
    expect(demand.share({ address: '10.0.0.1' })).toBeLessThan(0.06);
    expect(demand.networks).toBe(2);
    shareAt(2100, 1410);
    expect(demand.networks).toBe(1);
    expect(demand.share({ address: '10.0.1.1' })).toBe(1);
  });

  it('does not take a cache that asks the moment it may for a flood', () => {
    const { demand, answerAt } = createRig();
    for (let atS = 0; atS < 6000; atS += 60) answerAt(atS, '10.0.0.1', 60);
    expect(Math.max(...rates(demand))).toBeLessThanOrEqual(1 / (60 * 1e-4));
  });

  it.each([0.5, 0.7, 3.3])('counts who asks every %d s without caching by the questions', (everyS) => {
    const { demand, answerAt } = createRig();
    for (let atS = 0; atS < 3000; atS += everyS) answerAt(atS, '10.0.0.1', 60);
    expect(rates(demand)[0]).toBeCloseTo(1 / everyS, 6);
  });

  it('counts a farm of many caches about by its questions', () => {
    const [farm] = networks(1, 100, 60);
    const mean = meanEstimate(farm === undefined ? [] : [farm], 60, 6000);
    expect(mean).toBeGreaterThan(0.4); // 60 caches ask about once a minute each
    expect(mean).toBeLessThan(2);
  });

  it('is bounded: a full table forgets the network that asked longest ago, and counts it', () => {
    const { demand, answerAt } = createRig({ networksMax: 3, refreshMs: 0 });
    for (const [atS, network] of [0, 1, 2, 0, 3].entries()) answerAt(atS, `10.0.${network}.1`, 60); // 1 goes
    expect(demand.evictionsTotal).toBe(1);
    expect(demand.networks).toBe(3);
    for (let at = 0; at < 100; at += 1) answerAt(10 + at, `10.9.${at}.1`, 60);
    expect(demand.evictionsTotal).toBe(101);
    expect(rates(demand)).toHaveLength(3);
  });

  it('starts afresh in the row of a forgotten network', () => {
    const { demand, answerAt } = createRig({ networksMax: 1, refreshMs: 0 });
    for (let atS = 0; atS < 100; atS += 1) answerAt(atS, '10.0.0.1', 0);
    expect(rates(demand)[0]).toBeCloseTo(1, 1);
    answerAt(100, '10.0.1.1', 0);
    expect(demand.share({ address: '10.0.0.1' })).toBe(1); // a stranger: 1/networks
    answerAt(110, '10.0.1.1', 0);
    answerAt(120, '10.0.1.1', 0);
    expect(rates(demand)[0]).toBeLessThan(0.1);
  });

  it('reckons anew at most every refreshMs, and not before a quarter as many answers as there are networks', () => {
    const { demand, answerAt } = createRig({ refreshMs: 10_000, networksMax: 1000 });
    answerAt(0, '10.0.0.1', 60);
    expect(demand.version).toBe(1);
    for (let at = 0; at < 400; at += 1) answerAt(1, `10.${at >> 8}.${at & 255}.1`, 60);
    answerAt(9.9, '10.0.0.1', 60);
    expect(demand.version).toBe(1);
    answerAt(10, '10.0.0.1', 60);
    expect([demand.version, demand.networks]).toEqual([2, 400]);
    for (let at = 0; at < 99; at += 1) answerAt(100 + at, '10.0.0.1', 0);
    expect(demand.version).toBe(2);
    answerAt(300, '10.0.0.1', 0);
    expect(demand.version).toBe(3);
  });
});
