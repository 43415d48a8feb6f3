/** TLS on a whole worker: what origins hear of it, and certificates that change. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../../src/clock.js';
import { createHttpProxyEngine } from '../../../../src/proxy/engines/http-proxy.js';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import type { SocketAddress } from '../../../../src/service.js';
import { createPairStore, makeCertificate } from '../../../support/certificates.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { connectSecure } from '../../../support/raw-client.js';
import { keep, startWorkerWith } from '../../worker-harness.js';

const store = createPairStore();
afterAll(() => store.remove());
const files = [store.put('a', makeCertificate('a.test'))];

describe('a worker', () => {
  it('tells origins that the client came by https, and keeps redirects there', async () => {
    const origin = keep(await startHttpOrigin((request, response) => {
      response.writeHead(302, { Location: `http://${request.headers.host ?? ''}/elsewhere` });
      response.end();
    })); // prettier-ignore
    const tls = { certificates: files, reloadMs: 10_000 };
    const { worker } = await startWorkerWith(createNativeEngine, [origin.url], { tlsPort: 0, tls });
    const client = await connectSecure(worker.secureAddress() as SocketAddress); // it has TLS
    client.send('GET / HTTP/1.1\r\nHost: www.a.test\r\nConnection: close\r\n\r\n');
    expect((await client.response()).values('location')).toEqual(['https://www.a.test/elsewhere']);
    expect(origin.requests[0]?.headers).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      forwarded: 'for=127.0.0.1;proto=https;host=www.a.test',
    });
    client.end();
    await client.closed();
  });

  it('has new certificates as soon as it has looked at the files, and looks no more when it has stopped', async () => {
    const clock = createVirtualClock();
    const own = store.put('own', makeCertificate('old.test'));
    const tls = { certificates: [own], reloadMs: 5000 };
    const { worker } = await startWorkerWith(createNativeEngine, [], { tlsPort: 0, tls, clock });
    const subject = async (): Promise<string> => {
      const client = await connectSecure(worker.secureAddress() as SocketAddress); // it has TLS
      client.reset();
      return ((client.socket as TLSSocket).getPeerX509Certificate() as X509Certificate).subject; // both are there on such a client
    };
    expect(await subject()).toBe('CN=old.test');
    store.put('own', makeCertificate('new.test'));
    expect(await subject()).toBe('CN=old.test');
    clock.advance(5000);
    while ((await subject()) !== 'CN=new.test');
    await worker.stop(0);
    clock.advance(3_600_000); // what may still look whether anything is due finds nothing, and does not look again
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.pending()).toBe(0);
  });

  it('does not begin with certificates that are none', async () => {
    const tls = { certificates: [{ certificate: '/nowhere/a.pem', key: '/nowhere/a.key' }], reloadMs: 10_000 };
    await expect(startWorkerWith(createNativeEngine, [], { tlsPort: 0, tls })).rejects.toThrow(/^proxy\.tls\.certificates\[0\]: cannot read /);
  });

  it.each([{ tlsPort: 0, tls: { certificates: files, reloadMs: 10_000 } }, { proxyProtocolNetworks: ['127.0.0.1'] }])(
    'does not begin with the other engine, which would ignore %j',
    async (options) => {
      const started = startWorkerWith(createHttpProxyEngine, [], options);
      await expect(started).rejects.toThrow(/^proxy\.engine http-proxy knows neither TLS nor the PROXY protocol; native does$/);
    },
  );
});
