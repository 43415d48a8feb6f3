/**
 * Origins behind TLS, over real sockets and both engines: whom the worker believes, and what it says when it does not.
 */
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.js';
import { engines } from '../../src/proxy/engines/engines.js';
import type { OriginTlsOptions } from '../../src/proxy/origin-tls.js';
import { createPairStore, makeCertificate } from '../support/certificates.js';
import { startWorkerWith } from './worker-harness.js';

const store = createPairStore();
afterAll(() => store.remove());
const pair = makeCertificate('origin.test', '127.0.0.1');
const ours = store.put('origin', pair).certificate;
const others = store.put('other', makeCertificate('origin.test', '127.0.0.1')).certificate;
const bundle = join(store.directory, 'bundle.pem');
writeFileSync(bundle, `# authorities\n${rootCertificates[0]}\n${pair.cert}`);

interface Seen {
  readonly name: string | false | null;
  readonly protocol: string | null;
  readonly application: string | false | null;
  readonly resumed: boolean;
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Ends each connection with its response, and tells of the handshake. */
async function secureOrigin(options: ServerOptions = {}) {
  const seen: Seen[] = [];
  const server = createServer({ key: pair.key, cert: pair.cert, ALPNProtocols: ['h2', 'http/1.1'], ...options }, (request, response) => {
    const socket = request.socket as TLSSocket & { readonly servername: Seen['name'] }; // it is a server of TLS
    if (request.headers['user-agent'] !== 'roundhouse-probe') {
      const [protocol, resumed] = [socket.getProtocol(), socket.isSessionReused()];
      seen.push({ name: socket.servername, protocol, application: socket.alpnProtocol, resumed });
    }
    response.writeHead(200, { Connection: 'close' }).end('over TLS');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => (server.closeAllConnections(), server.close()));
  return { seen, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  async function worker(url: string, tls: Partial<OriginTlsOptions>, warned: string[] = []) {
    return startWorkerWith(createEngine, [url], {
      origins: [{ name: 'o1', url, weight: 1, tls: { verify: true, ...tls } }],
      log: { ...silentLog, warn: (_fields: object, text: string) => void warned.push(text) },
    });
  }

  it.each([
    ['an authority of its own', ours],
    ['one among several', bundle],
  ])('believes %s', async (_what, ca) => {
    const { url, seen } = await secureOrigin();
    const { get, worker: it } = await worker(url, { ca });
    expect(await get()).toMatchObject({ status: 200, body: Buffer.from('over TLS') });
    expect(seen).toEqual([{ name: false, protocol: 'TLSv1.3', application: 'http/1.1', resumed: false }]);
    await expect.poll(() => it.origins.snapshot().members[0]?.health).toBe('up');
  });

  it('asks for the name that it is told, and finds it in the certificate', async () => {
    const { url, seen } = await secureOrigin();
    const { get } = await worker(url, { ca: ours, serverName: 'origin.test' });
    expect((await get()).status).toBe(200);
    expect(seen.map(({ name }) => name)).toEqual(['origin.test']);
  });

  it('resumes its session on the next connection', async () => {
    const { url, seen } = await secureOrigin();
    const { get } = await worker(url, { ca: ours });
    for (let i = 0; i < 3; i += 1) expect((await get()).status).toBe(200);
    expect(seen.map(({ resumed }) => resumed)).toEqual([false, true, true]);
  });

  it.each([
    ['nobody vouches for', {}],
    ['a stranger vouches for', { ca: others }],
    ['has another name', { ca: ours, serverName: 'elsewhere.test' }],
  ])('refuses an origin that %s, and so does its probe', async (_what, tls) => {
    const { url, seen } = await secureOrigin();
    const { get, worker: it, lines } = await worker(url, tls);
    const refused = await get();
    expect([refused.status, String(refused.body)]).toEqual([502, expect.stringContaining('No trusted connection to the origin could be made.')]);
    expect(lines[0]).toMatchObject({ fault: 'tls-failed' });
    await expect.poll(() => it.origins.snapshot().members[0]?.health).toBe('down');
    expect(seen).toEqual([]);
  });

  it('takes anybody when it is told to, and says so at the start', async () => {
    const { url } = await secureOrigin();
    const warned: string[] = [];
    const { get } = await worker(url, { verify: false }, warned);
    expect((await get()).status).toBe(200);
    expect(warned).toContain('the certificate of this origin is not verified (tls.verify)');
  });

  it('speaks TLS 1.2, and nothing older', async () => {
    const [good, old] = [await secureOrigin({ maxVersion: 'TLSv1.2' }), await secureOrigin({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })];
    expect((await (await worker(good.url, { ca: ours })).get()).status).toBe(200);
    expect(good.seen[0]).toMatchObject({ protocol: 'TLSv1.2' });
    expect((await (await worker(old.url, { ca: ours })).get()).status).toBe(502);
  });
});

it.each([
  ['/nowhere.pem', 'origin o1: tls.ca: /nowhere.pem cannot be used: ENOENT'],
  [store.put('broken', { cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', key: '' }).certificate, 'broken.cert.pem cannot be used: '],
  [store.put('empty', { cert: 'hello\n', key: '' }).certificate, 'empty.cert.pem has no certificate in PEM'],
])('%s is no file of authorities', async (ca, why) => {
  const origins = [{ name: 'o1', url: 'https://127.0.0.1:1', weight: 1, tls: { verify: true, ca } }];
  await expect(startWorkerWith(engines.native, [], { origins })).rejects.toThrow(why);
});
