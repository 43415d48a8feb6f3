/** One site under many names: the origin and the cache know one, clients keep theirs. */
import { describe, expect, it } from 'vitest';
import { createSiteNames, underUsedName } from '../../src/proxy/site-names.js';
import { openGateway } from './gateway-harness.js';
import { expectAnswer, openCache, type CacheHarness } from './cache/cache-harness.js';

const own = 'www.master.test';
const names = createSiteNames(own, ['london.master.test', 'W3.master.test']);

describe('the site\'s own name', () => {
  it.each([
    ['www.master.test', own],
    ['london.master.test', own],
    ['LONDON.master.test:8080', `${own}:8080`],
    ['w3.master.test.', own],
    ['w3.master.test.:80', `${own}:80`],
    ['WWW.Master.test', own],
    ['paris.master.test', 'paris.master.test'],
    ['xlondon.master.test', 'xlondon.master.test'],
    ['127.0.0.13:8080', '127.0.0.13:8080'],
    ['[::1]:8080', '[::1]:8080'],
    ['', ''],
  ])('of %s is %s', (authority, expected) => {
    expect(names.own(authority)).toBe(expected);
  });

  it('goes back to the one that was used in links of the site to itself', () => {
    const alias = { own: { scheme: 'http', authority: `${own}:8080` }, used: { scheme: 'http', authority: 'london.master.test:8080' } } as const;
    const fields = ['Location', `http://${own}:8080/a`, 'content-location', `//${own}:8080/b`, 'Link', `http://${own}:8080/c`, 'X', 'Location'];
    expect(underUsedName(fields, alias)).toEqual([
      ...['Location', 'http://london.master.test:8080/a', 'content-location', '//london.master.test:8080/b'],
      ...['Link', `http://${own}:8080/c`, 'X', 'Location'],
    ]);
    const elsewhere = ['Location', `https://${own}:8080/a`, 'Location', '/a', 'Location', `http://${own}/a`];
    expect(underUsedName(elsewhere, alias)).toEqual(elsewhere);
    expect(underUsedName(fields, undefined)).toBe(fields);
  });
});

describe('the origin', () => {
  const ask = (host: 'rewrite' | 'keep', asked: string) => {
    const harness = openGateway({ host, names });
    const client = harness.request({ fields: ['Host', asked] });
    const { field } = harness.attempt();
    return { ...harness, client, told: ['host', 'x-forwarded-host', 'forwarded', 'x-forwarded-port'].map(field) };
  };

  it.each(['rewrite', 'keep'] as const)('is told the same for every name (%s)', (host) => {
    const expected = ask(host, `${own}:8080`).told;
    expect(ask(host, 'London.master.test:8080').told).toEqual(expected);
    expect(ask(host, 'w3.master.test:8080').told).toEqual(expected);
    expect(expected).toContain(`${own}:8080`);
    expect(ask(host, 'other.test:8080').told).not.toEqual(expected);
  });

  it('redirects to the name that the client used, whichever of its own it names', () => {
    for (const target of ['http://10.0.0.1:9000/x', `http://${own}/x`, 'http://WWW.master.test:80/x']) {
      const { client, attempt, records } = ask('rewrite', 'london.master.test');
      attempt().head(301, ['Location', target], 0);
      expect(client.field('location')).toBe('http://london.master.test/x');
      attempt().end();
      expect(records.at(-1)?.host).toBe('london.master.test'); // the log has what came
    }
    const keeping = ask('keep', 'london.master.test');
    keeping.attempt().head(301, ['Location', `http://${own}/x`], 0);
    expect(keeping.client.field('location')).toBe('http://london.master.test/x');
    const plain = ask('rewrite', own);
    plain.attempt().head(301, ['Location', 'http://10.0.0.1:9000/x'], 0);
    expect(plain.client.field('location')).toBe(`http://${own}/x`);
  });

  it('is told so of a name that a trusted proxy brings, too', () => {
    const { request, attempt } = openGateway({ names, trustedNetworks: ['0.0.0.0/0'] });
    const client = request({ fields: ['Host', 'inner.test', 'X-Forwarded-Host', 'london.master.test'] });
    expect(attempt().field('x-forwarded-host')).toBe(own);
    attempt().head(302, ['Location', 'http://10.0.0.1:9000/x'], 0);
    expect(client.field('location')).toBe('http://london.master.test/x');
  });
});

describe('the cache', () => {
  const fresh = ['Cache-Control', 'max-age=60', 'Content-Location', 'http://10.0.0.1:9000/page'];
  const from = ({ request }: CacheHarness, host: string, target = '/') => request({ target, fields: ['Host', host] });

  it('has one response for all names, with the links of each', () => {
    const cache = openCache({}, { names });
    const first = from(cache, 'w3.master.test');
    cache.answer(fresh);
    expectAnswer(first, 200, 'body');
    for (const round of [0, 1, 2]) {
      for (const host of ['london.master.test', own, 'w3.master.test']) {
        const client = from(cache, host);
        expectAnswer(client, 200, 'body');
        expect([client.field('content-location'), cache.status(client)]).toEqual([`http://${host}/page`, 'w1; hit; ttl=60']);
      }
      expect(cache.engine.repeats).toBe(3 * round);
    }
    expect([first.field('content-location'), cache.engine.attempts.length]).toEqual(['http://w3.master.test/page', 1]);
  });

  it('fetches once for clients of all names who wait together, and each keeps its name', () => {
    const cache = openCache({}, { names });
    const clients = ['london.master.test', own].map((host) => [host, from(cache, host, '/old')] as const);
    expect(cache.engine.attempts).toHaveLength(1);
    cache.answer(['Cache-Control', 'max-age=60', 'Location', 'http://10.0.0.1:9000/new'], 'moved', 301);
    for (const [host, client] of clients) {
      expectAnswer(client, 301, 'moved');
      expect(client.field('location')).toBe(`http://${host}/new`);
    }
  });

  it('is purged and invalidated by any of the names', () => {
    const cache = openCache({}, { names });
    const fill = (): void => {
      from(cache, own);
      cache.answer(fresh);
    };
    fill();
    expect(cache.gateway.purge({ url: 'http://london.master.test/' })).toBe(1);
    fill();
    expect(cache.gateway.purge({ prefix: 'http://W3.master.test/' })).toBe(1);
    fill();
    cache.request({ method: 'POST', fields: ['Host', 'london.master.test'], bodyBytes: 0 });
    cache.answer([]);
    from(cache, own);
    expect(cache.engine.attempts).toHaveLength(5);
    cache.answer(fresh);
  });

  it('keeps apart what is no name of the site', () => {
    const cache = openCache({}, { names });
    from(cache, own);
    cache.answer(fresh);
    from(cache, 'paris.master.test');
    expect(cache.engine.attempts).toHaveLength(2);
    cache.answer(fresh);
  });
});
