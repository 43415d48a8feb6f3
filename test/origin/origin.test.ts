import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createVirtualClock, systemClock, type Clock } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { createOrigin } from '../../src/origin/origin.js';
import { patternSlice, sendPattern } from '../../src/origin/pattern.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(directory?: string, clock: Clock = systemClock): Promise<string> {
  const listen = { address: '127.0.0.1', port: 0 };
  const origin = createOrigin({ listen, clock, log: silentLog, ...(directory === undefined ? {} : { directory }) });
  await origin.start();
  cleanups.push(() => origin.stop(100));
  return `http://127.0.0.1:${origin.address().port}`;
}

/** fetch normalises `..` away; an attacker does not. */
function rawStatus(base: string, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(base, { path: target, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the demo', () => {
  it('shows on its front page which worker carried the request, escaped', async () => {
    const base = await start();
    const page = await (await fetch(base, { headers: { via: '1.1 edge, 1.1 w2', 'x-odd': '<script>"&' } })).text();
    expect(page).toContain('Worker <b>w2</b>');
    expect(page).toContain('&lt;script&gt;&quot;&amp;');
    expect(page).not.toContain('<script>');
    expect(await (await fetch(base)).text()).toContain('directly');
  });

  it('echoes method, target, fields and the digest of the body', async () => {
    const base = await start();
    const body = 'x'.repeat(100_000);
    const seen = (await (await fetch(`${base}/echo?a=1`, { method: 'PUT', body, headers: { 'X-Case': 'Kept' } })).json()) as Record<string, unknown>;
    const bodySha256 = createHash('sha256').update(body).digest('hex');
    expect(seen).toMatchObject({ method: 'PUT', target: '/echo?a=1', bodyBytes: 100_000, bodySha256 });
    expect(seen['fields']).toContainEqual(['X-Case', 'Kept']);
  });

  it('sends exactly N known bytes, and the same ones as ranges', async () => {
    const base = await start();
    const whole = Buffer.from(await (await fetch(`${base}/bytes/200000`)).arrayBuffer());
    expect(whole).toHaveLength(200_000);
    const ranges = [
      ['bytes=0-9', 0, 10],
      ['bytes=65530-65545', 65_530, 65_546],
      ['bytes=199990-', 199_990, 200_000],
      ['bytes=-5', 199_995, 200_000],
      ['bytes=100-999999', 100, 200_000],
    ] as const;
    for (const [range, from, to] of ranges) {
      const part = await fetch(`${base}/bytes/200000`, { headers: { range } });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/200000`);
      expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(from, to))).toBe(true);
    }
    expect((await fetch(`${base}/bytes/10`, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    expect((await fetch(`${base}/bytes/10`, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })).status).toBe(200);
    expect((await fetch(`${base}/bytes/10`, { headers: { 'if-none-match': '"pattern-10"' } })).status).toBe(304);
    expect((await fetch(`${base}/bytes/10`, { headers: { 'if-none-match': 'W/"x", "pattern-10"' } })).status).toBe(304);
    expect((await fetch(`${base}/bytes/10`, { headers: { range: 'bytes=5-4' } })).status).toBe(200);
    expect((await fetch(`${base}/bytes/9999999999`)).status).toBe(400);
    const head = await fetch(`${base}/bytes/1073741824`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1073741824']);
  });

  it('has a body whose pieces are the same however it is cut, and differ by their place', () => {
    const read = (start: number, end: number): Buffer => {
      const parts: Buffer[] = [];
      for (let at = start; at < end; at += parts.at(-1)?.length ?? 0) parts.push(patternSlice(at, end));
      return Buffer.concat(parts);
    };
    const whole = read(0, 300_000);
    fc.assert(
      fc.property(fc.nat(299_999), fc.nat(100_000), (start, length) => {
        const end = Math.min(300_000, start + length);
        expect(read(start, end).equals(whole.subarray(start, end))).toBe(true);
      }),
    );
    expect(patternSlice(0, 65_536).equals(patternSlice(65_536, 131_072))).toBe(false);
  });

  it('writes one block at a time to a client that does not read', () => {
    const written: (() => void)[] = [];
    const client = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, taken) => void written.push(taken) });
    const response = Object.assign(client, { writeHead: () => response }) as unknown as ServerResponse; // all that is used of one
    sendPattern({ method: 'GET', headers: {} } as IncomingMessage, response, 1_000_000);
    expect([written.length, client.writableLength]).toEqual([1, 65_536]);
  });

  it('waits on nothing once the client has gone', async () => {
    const clock = createVirtualClock();
    const base = await start(undefined, clock);
    for (const path of ['/slow?ms=60000', '/stream?chunks=5&ms=60000']) {
      const asked = httpRequest(`${base}${path}`, { agent: false }).end();
      asked.on('error', () => {});
      while (clock.pending() === 0) await (await fetch(`${base}/status/200`)).text();
      asked.destroy();
      while (clock.pending() > 0) await (await fetch(`${base}/status/200`)).text();
    }
  });

  it('streams many pieces without piling up listeners', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const text = await (await fetch(`${await start()}/stream?chunks=40&ms=0`)).text();
    await new Promise((resolve) => setImmediate(resolve)); // warnings are emitted in a turn of their own
    process.off('warning', note);
    expect(text.split('\n')).toHaveLength(41);
    expect(warnings).toEqual([]);
  });

  it('is cacheable for as long as its page stays the same', async () => {
    const clock = createVirtualClock(1_000_000);
    const base = await start(undefined, clock);
    const first = await fetch(`${base}/cacheable?s=100`);
    const etag = first.headers.get('etag') ?? '';
    expect(await first.text()).toBe('made at 1970-01-01T00:16:40.000Z\n');
    clock.advance(99_999);
    expect((await fetch(`${base}/cacheable?s=100`, { headers: { 'if-none-match': etag, 'cache-control': 'no-cache' } })).status).toBe(304);
    clock.advance(1);
    expect((await fetch(`${base}/cacheable?s=100`, { headers: { 'if-none-match': etag, 'cache-control': 'no-cache' } })).status).toBe(200);
  });

  it('streams, fails and is cacheable as asked; unknown paths name the known ones', async () => {
    const base = await start();
    expect(await (await fetch(`${base}/stream?chunks=3&ms=1`)).text()).toBe('chunk 1 of 3\nchunk 2 of 3\nchunk 3 of 3\n');
    expect((await fetch(`${base}/status/503`)).status).toBe(503);
    expect((await fetch(`${base}/status/204`)).status).toBe(204);
    expect((await fetch(`${base}/cacheable?s=5`)).headers.get('cache-control')).toBe('public, max-age=5');
    expect(await (await fetch(`${base}/slow?ms=1`)).text()).toBe('at last\n');
    const unknown = await fetch(`${base}/nope`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('/bytes/N');
  });
});

describe('a directory', () => {
  function site(): string {
    const root = join(mkdtempSync(join(tmpdir(), 'roundhouse-origin-')), 'site');
    mkdirSync(join(root, 'sub'), { recursive: true });
    writeFileSync(join(root, 'index.html'), '<p>home');
    writeFileSync(join(root, 'sub', 'a b.txt'), 'spaced');
    writeFileSync(join(root, '.secret'), 'hidden');
    writeFileSync(join(root, '..', 'outside.txt'), 'outside');
    mkdirSync(join(root, '..', 'site-twin'));
    writeFileSync(join(root, '..', 'site-twin', 'index.html'), 'outside');
    symlinkSync(join(root, '..', 'outside.txt'), join(root, 'link.txt'));
    symlinkSync(join(root, '..', 'site-twin'), join(root, 'twin'));
    symlinkSync(join(root, 'sub'), join(root, 'within'));
    return root;
  }

  it('is served with validators and ranges', async () => {
    const base = await start(site());
    const home = await fetch(`${base}/`);
    expect(await home.text()).toBe('<p>home');
    const etag = home.headers.get('etag') ?? '';
    expect((await fetch(`${base}/`, { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } })).status).toBe(304);
    expect(await (await fetch(`${base}/sub/a%20b.txt?x`, { headers: { range: 'bytes=1-2' } })).text()).toBe('pa');
    expect((await fetch(`${base}/`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect(await (await fetch(`${base}/within/a%20b.txt`)).text()).toBe('spaced');
    const beyond = await fetch(`${base}/sub/a%20b.txt`, { headers: { range: 'bytes=9-' } });
    expect([beyond.status, beyond.headers.get('content-range'), beyond.headers.get('etag')]).toEqual([416, 'bytes */6', null]);
  });

  it('says in a page of its own that there is nothing', async () => {
    const lost = await fetch(`${await start(site())}/<b>`);
    expect([lost.status, lost.headers.get('content-type'), lost.headers.get('cache-control')]).toEqual([404, 'text/html; charset=utf-8', 'no-store']);
    expect(await lost.text()).toContain('There is no such file.');
  });

  it.each(['/../outside.txt', '/%2e%2e/outside.txt', '/sub/..%2f..%2foutside.txt', '/.secret', '/sub', '/nothing', '/%00', '/%zz', '/link.txt', '/twin/', '/twin/index.html', '/sub/'])('gives nothing for %s', async (target) => {
    const status = await rawStatus(await start(site()), target);
    expect([301, 400, 403, 404]).toContain(status);
  });

  it('that is missing or no directory is an error that says so', () => {
    const listen = { address: '127.0.0.1', port: 0 };
    const make = (directory: string) => () => createOrigin({ listen, directory, clock: systemClock, log: silentLog });
    expect(make('/no/such/place')).toThrow(/does not exist/);
    expect(make(join(site(), 'index.html'))).toThrow(/not a directory/);
  });
});

it('says what to do when its port is in use', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  cleanups.push(() => squatter.close());
  const { port } = squatter.address() as AddressInfo;
  const origin = createOrigin({ listen: { address: '127.0.0.1', port }, clock: systemClock, log: silentLog });
  await expect(origin.start()).rejects.toThrow(/in use.*--origin-port/);
});
