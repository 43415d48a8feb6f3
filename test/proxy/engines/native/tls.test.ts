/** TLS on the server side of the native engine: handshakes good and bad, and what stands before them. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/clock.js';
import { silentLog } from '../../../../src/log.js';
import { createCertificates } from '../../../../src/proxy/certificates.js';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import { createTrustedNetworks } from '../../../../src/proxy/trust.js';
import { ServiceError, type SocketAddress } from '../../../../src/service.js';
import { createPairStore, makeCertificate, makeRsaCertificate } from '../../../support/certificates.js';
import { recordedHello } from '../../../support/client-hello.js';
import { binaryHeader } from '../../../support/proxy-header.js';
import { connectRaw, connectSecure, type RawClient } from '../../../support/raw-client.js';
import { assertPromises, eventually, startHarness, type Harness, type HarnessOptions } from '../suite/harness.js';

const store = createPairStore();
afterAll(() => store.remove());
const files = [store.put('a', makeCertificate('a.test')), store.put('b', makeCertificate('b.test', '*.b.test'))];
const newCertificates = (of = files) => createCertificates({ files: of, reloadMs: 1000, clock: systemClock, log: silentLog });

const get = (target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const day = 86_400_000;
/** Time stands still but for what a test advances it by: it is measured in days. */
const patient = { headersMs: 10 * day, requestMs: 10 * day, keepAliveMs: 10 * day };
const start = (options: HarnessOptions = {}): Promise<Harness> =>
  startHarness(createNativeEngine, { tls: { port: 0, certificates: newCertificates() }, timeouts: patient, ...options });
const securePort = ({ engine }: Pick<Harness, 'engine'>): SocketAddress => engine.secureAddress() as SocketAddress; // it serves TLS
const counted = ({ engine }: Harness): Record<string, number> => {
  const counts: Record<string, number> = {};
  engine.stats.handshakeFaults.forEach(([fault = ''], count) => (counts[fault] = count));
  return counts;
};

async function ask(h: Harness, client: RawClient, target = '/'): Promise<void> {
  client.send(get(target));
  const exchange = await h.exchange();
  expect(exchange.downstream.request.target).toBe(target);
  expect(exchange.downstream.client.secure).toBe(true);
  exchange.answer(200, 'ok');
  expect((await client.response()).body).toBe('ok');
}

const hello = await recordedHello();
/** An alert of TLS, fatal, in plain. */
const unknownAuthority = Buffer.from([21, 3, 3, 0, 2, 2, 48]);

const tlsOf = ({ socket }: RawClient): TLSSocket => socket as TLSSocket; // of a client that `connectSecure` made

type Pass = (first: Buffer, to: (piece: Buffer) => void) => void;
const balancers: Server[] = [];
afterEach(() => balancers.splice(0).forEach((server) => server.close()));

/** Passes connections on, what the client says first through `pass`, and shows what the worker says. */
async function startBalancer(h: Harness, pass: Pass, onData: (chunk: Buffer) => void = () => undefined): Promise<SocketAddress> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...hostOf(h), noDelay: true, allowHalfOpen: true });
    client.once('data', (first: Buffer) => {
      pass(first, (piece) => upstream.write(piece));
      client.pipe(upstream);
    });
    upstream.on('data', onData).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  balancers.push(server);
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port }; // of TCP
}

describe('a handshake', () => {
  assertPromises();

  it.each([['a.test', 'a.test'], ['b.test', 'b.test'], ['x.b.test', 'b.test'], ['unknown.test', 'a.test'], ['', 'a.test']])(
    'for the name %j shows the certificate of %s',
    async (servername, owner) => {
      const h = await start();
      const client = await connectSecure(securePort(h), { servername });
      expect((tlsOf(client).getPeerX509Certificate() as X509Certificate).subject).toBe(`CN=${owner}`);
      await ask(h, client);
      expect(counted(h)).toEqual({});
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s shows the right certificate when their keys are of different kinds', async (version) => {
    const mixed = [store.put('ec', makeCertificate('ec.test')), store.put('rsa', makeRsaCertificate('rsa.test'))];
    for (const of of [mixed, mixed.toReversed()]) {
      const h = await start({ tls: { port: 0, certificates: newCertificates(of) } });
      for (const servername of ['ec.test', 'rsa.test']) {
        const client = await connectSecure(securePort(h), { servername, maxVersion: version });
        expect((tlsOf(client).getPeerX509Certificate() as X509Certificate).subject).toBe(`CN=${servername}`);
        await ask(h, client);
      }
    }
  });

  it.each<[string, ConnectionOptions, string, string | false]>([
    ['TLS 1.3', {}, 'TLSv1.3', false],
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, 'TLSv1.2', false],
    ['the one protocol we have', { ALPNProtocols: ['http/1.1'] }, 'TLSv1.3', 'http/1.1'],
    ['a choice of protocols', { ALPNProtocols: ['h2', 'http/1.1'] }, 'TLSv1.3', 'http/1.1'],
  ])('with %s is fine', async (_, options, version, protocol) => {
    const h = await start();
    const client = await connectSecure(securePort(h), options);
    expect([tlsOf(client).getProtocol(), tlsOf(client).alpnProtocol]).toEqual([version, protocol]);
    await ask(h, client);
  });

  const old = 'DEFAULT@SECLEVEL=0';
  it.each<[string, ConnectionOptions, string, string]>([
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: old }, 'tls-version', 'ALERT_PROTOCOL_VERSION'],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }, 'tls-alpn', 'ALERT_NO_APPLICATION_PROTOCOL'],
    ['ciphers of before', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }, 'tls-malformed', 'ALERT_HANDSHAKE_FAILURE'],
  ])('with %s is refused by an alert, and told', async (_, options, fault, alert) => {
    const h = await start();
    const error: unknown = await connectSecure(securePort(h), options).catch((reason: unknown) => reason);
    expect((error as NodeJS.ErrnoException).code).toContain(alert);
    expect(await h.brokenHandshakes.at(0)).toMatchObject({ fault, client: { address: '127.0.0.1' }, detail: expect.stringMatching(/^ERR_SSL_/) });
    expect(counted(h)).toEqual({ [fault]: 1 });
    await eventually(() => h.engine.stats.connections === 0);
  });

  it.each([
    ['plain HTTP', get(), 'tls-plain-http'],
    ['garbage', '\0\0\0\0\0\0\0\0', 'tls-malformed'],
    ['a PROXY header that nobody asked for', binaryHeader(), 'tls-malformed'],
    ['an alert and nothing before it', unknownAuthority, 'tls-malformed'],
  ] as const)('that is %s ends the connection, and is told', async (_, bytes, fault) => {
    const h = await start();
    const client = await connectRaw(securePort(h));
    client.send(bytes);
    await client.ended();
    expect((await h.brokenHandshakes.at(0)).fault).toBe(fault);
    await eventually(() => h.engine.stats.connections === 0);
    expect(counted(h)).toEqual({ [fault]: 1 });
  });

  it('whose client does not know who vouches for us is told', async () => {
    const h = await start();
    const client = await connectRaw(securePort(h));
    client.send(hello);
    await client.until((text) => text !== '');
    client.send(unknownAuthority);
    await client.ended();
    expect(await h.brokenHandshakes.at(0)).toMatchObject({ fault: 'tls-rejected', detail: expect.stringContaining('UNKNOWN_CA') });
  });

  const begun = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]);
  it.each<[string, Buffer, 'end' | 'reset', Record<string, number>]>([
    ['before its first byte is a probe', Buffer.alloc(0), 'end', {}],
    ['by a reset before its first byte is one, too', Buffer.alloc(0), 'reset', {}],
    ['within its greeting', begun, 'end', { 'tls-aborted': 1 }],
    ['by a reset within its greeting', begun, 'reset', { 'tls-aborted': 1 }],
    ['after its greeting', hello, 'end', { 'tls-aborted': 1 }],
    ['by a reset after its greeting', hello, 'reset', { 'tls-aborted': 1 }],
  ])('whose client leaves %s', async (_, bytes, leave, expected) => {
    const h = await start();
    const client = await connectRaw(securePort(h));
    client.send(bytes);
    await eventually(() => h.engine.stats.connections === 1 && h.engine.stats.bytesIn() === bytes.length);
    client[leave]();
    await eventually(() => h.engine.stats.connections === 0);
    await client.ended();
    await eventually(() => Object.keys(counted(h)).length === Object.keys(expected).length);
    h.clock.advance(100 * day);
    expect(counted(h)).toEqual(expected);
    expect(h.clock.pending()).toBe(0);
  });

  it('has the time of a head, all of it together, and whoever has finished it has that of a head again', async () => {
    const h = await start();
    const [silent, slow, good] = [
      await connectRaw(securePort(h)), await connectRaw(securePort(h)), connect({ ...hostOf(h), allowHalfOpen: true }),
    ]; // prettier-ignore
    slow.send(begun.subarray(0, 6));
    await eventually(() => h.engine.stats.connections === 3 && h.engine.stats.bytesIn() === 6);
    h.clock.advance(9 * day);
    slow.send(begun.subarray(6)); // which earns no more time
    const client = await connectSecure(good);
    await once(client.socket, 'session'); // which the server sends when it has the client's last word
    h.clock.advance(2 * day);
    await silent.ended();
    await slow.ended();
    expect(counted(h)).toEqual({ 'tls-late': 2 });
    await ask(h, client);
  });

  it('that was resumed needs no certificate again, whichever it was, and gives way to a new one', async () => {
    const certificates = newCertificates();
    const h = await start({ tls: { port: 0, certificates } });
    for (const [servername, maxVersion] of [['a.test', 'TLSv1.2'], ['b.test', 'TLSv1.2'], ['a.test', 'TLSv1.3'], ['b.test', 'TLSv1.3']] as const) {
      const first = await connectSecure(securePort(h), { servername, maxVersion });
      let session: Buffer | undefined = tlsOf(first).getSession();
      tlsOf(first).on('session', (ticket: Buffer) => void (session = ticket));
      await ask(h, first);
      const second = await connectSecure(securePort(h), { servername, maxVersion, ...(session === undefined ? {} : { session }) });
      expect([servername, maxVersion, tlsOf(second).isSessionReused()]).toEqual([servername, maxVersion, true]);
      await ask(h, second);
    }
  });

  it('shows the new certificate once there is one, and connections of before go on', async () => {
    let isChanged = false;
    const [before, after] = [newCertificates(), newCertificates(files.toReversed())];
    const certificates = { optionsFor: (name: string) => (isChanged ? after : before).optionsFor(name) };
    const h = await start({ tls: { port: 0, certificates } });
    const subject = (client: RawClient): string => (tlsOf(client).getPeerX509Certificate() as X509Certificate).subject;
    const old = await connectSecure(securePort(h), { servername: '' });
    expect(subject(old)).toBe('CN=a.test');
    await ask(h, old, '/before');
    isChanged = true;
    const fresh = await connectSecure(securePort(h), { servername: '' });
    expect(subject(fresh)).toBe('CN=b.test');
    await ask(h, fresh, '/fresh');
    await ask(h, old, '/after');
  });

  it('is not begun again when a client of TLS 1.2 asks for it', async () => {
    const h = await start();
    const client = await connectSecure(securePort(h), { maxVersion: 'TLSv1.2' });
    await ask(h, client);
    const refused = new Promise((resolve) => client.socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    tlsOf(client).renegotiate({}, () => undefined);
    expect(await refused).toBe('ERR_SSL_NO_RENEGOTIATION');
    await ask(h, await connectSecure(securePort(h)));
  });
});

const hostOf = (h: Pick<Harness, 'engine'>): { host: string; port: number } => ({ host: securePort(h).address, port: securePort(h).port });

describe('the port of TLS', () => {
  assertPromises();

  it('is there on both addresses, beside the plain one, within one limit of connections', async () => {
    const h = await start({ alsoListen: { address: '127.0.0.2', port: 0 }, limits: { connectionsMax: 3 } });
    const at = securePort(h);
    await ask(h, await connectSecure(at), '/1');
    await ask(h, await connectSecure({ ...at, address: '127.0.0.2' }), '/2');
    const plain = await connectRaw({ ...h.engine.address(), address: '127.0.0.2' });
    plain.send(get());
    const exchange = await h.exchange();
    expect(exchange.downstream.client.secure).toBe(false);
    exchange.answer(200);
    expect((await plain.response()).status).toBe(200);
    const fourth = await connectRaw(at);
    await fourth.ended();
    expect(h.engine.stats).toMatchObject({ connections: 3, connectionsRefusedTotal: 1 });
    expect(counted(h)).toEqual({});
  });

  it('says which option is wrong when it is taken, and then nothing listens', async () => {
    const h = await start();
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo; // of TCP
    free.close();
    await once(free, 'close');
    const own = { headerBytes: 1, headersMax: 1, targetBytes: 1, connectionsMax: 1 };
    const engine = createNativeEngine({
      limits: { ...own, originConnectionsMax: 1, originIdleMax: 1, originRequestsMax: 1 },
      listen: { address: '127.0.0.1', port },
      tls: { port: securePort(h).port, certificates: newCertificates() },
      timeouts: { ...patient, originKeepAliveMs: 1, originAgeMs: 1 },
      onExchange: () => undefined,
      onBrokenRequest: () => ({ fields: [], body: Buffer.alloc(0) }),
    });
    const error: unknown = await engine.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServiceError);
    expect(String(error)).toMatch(/in use .* change workers\.address or workers\.tlsPort/);
    await expect(connectRaw({ address: '127.0.0.1', port })).rejects.toThrow(/ECONNREFUSED/);
    await engine.stop(0);
  });

  it('never ends half a response properly, not even for a client that ends its own side', async () => {
    const h = await start();
    const client = await connectSecure(securePort(h));
    client.send('GET / HTTP/1.0\r\n\r\n');
    const exchange = await h.exchange();
    exchange.respond({ status: 200, bodyBytes: undefined });
    exchange.write('half of a response that only the end of the connection delimits');
    await client.until((text) => text.includes('delimits'));
    client.end();
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
    expect(await client.ended()).toBe('reset');
  });

  it('is closed with all that is idle or in a handshake when the engine stops, and nobody is blamed', async () => {
    const h = await start();
    const [silent, begun, idle] = [await connectRaw(securePort(h)), await connectRaw(securePort(h)), await connectSecure(securePort(h))];
    begun.send(Buffer.from([22, 3, 1, 2, 0]));
    await ask(h, idle);
    await eventually(() => h.engine.stats.bytesIn() >= idle.wire.sent + 5);
    const at = securePort(h);
    await h.engine.stop(3_600_000);
    for (const client of [silent, begun, idle]) await client.ended();
    await expect(connectRaw(at)).rejects.toThrow(/ECONNREFUSED/);
    expect(h.engine.stats.connections).toBe(0);
    expect(counted(h)).toEqual({});
    expect(h.brokenHandshakes.items).toEqual([]);
    expect(h.clock.pending()).toBe(0);
  });

  it('ends idle connections with the last word of TLS, when their time is up and when all stops', async () => {
    for (const end of [(h: Harness) => h.clock.advance(11 * day), (h: Harness) => void h.engine.stop(day)]) {
      const h = await start();
      let last = Buffer.alloc(0);
      const at = await startBalancer(h, (first, to) => to(first), (chunk) => (last = Buffer.from(chunk)));
      const client = await connectSecure(at, { maxVersion: 'TLSv1.2' });
      await ask(h, client);
      expect(last[0]).toBe(23); // data
      end(h);
      expect(await client.ended()).toBe('fin');
      expect(last[0]).toBe(21); // an alert: close_notify
      await eventually(() => h.engine.stats.connections === 0);
    }
  });

  it('survives hundreds of handshakes, many of them broken off anywhere', async () => {
    const h = await start();
    const one = async (index: number): Promise<void> => {
      if (index % 5 === 0) return (await connectSecure(securePort(h))).reset();
      const client = await connectRaw(securePort(h));
      client.send(hello.subarray(0, Math.ceil((hello.length * index) / 400)));
      if (index % 3 === 0) client.end();
      else if (index % 3 === 1) client.reset();
      else client.socket.destroy();
    };
    for (let batch = 0; batch < 400; batch += 40) await Promise.all(Array.from({ length: 40 }, (_, index) => one(batch + index)));
    h.clock.advance(11 * day); // for those that keep their side open
    await eventually(() => h.engine.stats.connections === 0);
    await ask(h, await connectSecure(securePort(h)));
  });
});

describe('a PROXY header before TLS', () => {
  assertPromises();
  const trusted = { proxyProtocol: createTrustedNetworks(['127.0.0.0/8']) };

  it.each<[string, Pass]>([
    ['in one piece with it', (first, to) => to(Buffer.concat([binaryHeader(), first]))],
    ['alone', (first, to) => (to(binaryHeader()), to(first))],
    ['in pieces', (first, to) => [...Buffer.concat([binaryHeader(), first])].forEach((byte) => to(Buffer.from([byte])))],
  ])('%s says who the client is', async (_, pass) => {
    const h = await start(trusted);
    const client = await connectSecure(await startBalancer(h, pass), { servername: 'x.b.test' });
    client.send(get());
    const exchange = await h.exchange();
    expect(exchange.downstream.client).toEqual({ address: '192.0.2.7', port: 4711, secure: true });
    exchange.answer(200, 'x'.repeat(100_000));
    expect((await client.response()).body).toHaveLength(100_000);
    await ask(h, client);
    client.end();
    expect(await client.ended()).toBe('fin');
    expect(counted(h)).toEqual({});
  });

  it('must be there, in time, and names whose handshake it was that failed', async () => {
    const h = await start(trusted);
    const [silent, headed, without, garbage] = await Promise.all(Array.from({ length: 4 }, () => connectRaw(securePort(h))));
    headed!.send('PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n');
    without!.send(hello);
    garbage!.send('PROXY TCP4 192.0.2.8 198.51.100.1 4711 443\r\n', '\0\0\0\0\0\0\0\0');
    await without!.ended();
    await garbage!.ended();
    await eventually(() => h.brokenHandshakes.items.length === 2 && h.engine.stats.connections === 2);
    h.clock.advance(11 * day);
    await silent!.ended();
    await headed!.ended();
    const seen = h.brokenHandshakes.items.map(({ fault, client }) => `${fault} ${client.address}`);
    expect(seen.toSorted()).toEqual([
      'proxy-header-late 127.0.0.1',
      'proxy-header-missing 127.0.0.1',
      'tls-late 192.0.2.7',
      'tls-malformed 192.0.2.8',
    ]);
  });

  it('may be all there is: a probe', async () => {
    const h = await start(trusted);
    const client = await connectRaw(securePort(h));
    client.send(binaryHeader({ command: 0x20 }));
    client.end();
    await client.ended();
    await eventually(() => h.engine.stats.connections === 0);
    expect(counted(h)).toEqual({});
  });
});
