/**
 * TLS and the PROXY protocol as others speak them: curl, openssl and haproxy against a worker of a real tier.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition, type Sample } from '../../src/metrics/exposition.js';
import { createPairStore, makeCertificate } from '../support/certificates.js';
import { exec, missing, type Output } from '../support/programs.js';
import { connectSecure } from '../support/raw-client.js';
import { startTier, type TestTier } from '../support/tier.js';

/** Whoever connects from here begins with a PROXY header. */
const balancer = '127.99.0.2';
const store = createPairStore();
const files = { a: store.put('a', makeCertificate('a.test')), b: store.put('b', makeCertificate('b.test', '*.b.test')) };
let tier: TestTier;
let address: string;

beforeAll(async () => {
  tier = await startTier({
    config: {
      workers: { count: 1, tlsPort: 8443 },
      proxy: {
        tls: { certificates: [files.a, files.b], reloadMs: 100 },
        proxyProtocolNetworks: ['127.99.0.0/16'],
        timeouts: { headersMs: 3000 },
        accessLog: 'all',
      },
    },
  });
  address = `${tier.network}.11`;
});
afterAll(async () => {
  await tier.stop();
  store.remove();
});

/** Silent but for what it got, and for what `-w` says in the last line. */
const curl = (url: string, ...args: readonly string[]): Promise<Output> =>
  exec('curl', ['-sS', '--max-time', '20', '--resolve', `*:8443:${address}`, '-w', '\n%{http_version} %{http_code}', ...args, url]);
const echoed = ({ stdout }: Output): Record<string, string> => {
  const { fields } = JSON.parse(stdout.slice(0, stdout.lastIndexOf('\n'))) as { fields: [string, string][] }; // the demo origin's echo
  return Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
};

async function metrics(...names: readonly string[]): Promise<Sample[]> {
  const query = names.map((name) => `name[]=${name}`).join('&');
  return parseExposition(await (await fetch(`http://${address}:9101/metrics?${query}`)).text());
}

/** Of the handshakes and requests that were none, so far. */
async function faults(): Promise<Record<string, number>> {
  const samples = await metrics('roundhouse_client_handshake_faults_total', 'roundhouse_proxy_faults_total');
  return Object.fromEntries(samples.filter(({ value }) => value > 0).map(({ labels, value }) => [labels['reason'] ?? labels['code'] ?? '', value]));
}

/** What was counted meanwhile. */
async function faultsOf(during: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await faults();
  await during();
  const after = await faults();
  const more = Object.entries(after).map(([fault, count]): [string, number] => [fault, count - (before[fault] ?? 0)]);
  return Object.fromEntries(more.filter(([, count]) => count !== 0));
}

const connections = async (): Promise<number> => (await metrics('roundhouse_client_connections'))[0]?.value ?? NaN;

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('curl'))('curl', () => {
  it.each([['a.test', files.a], ['b.test', files.b], ['www.b.test', files.b]])('is served as %s, verified, by HTTP/1.1', async (name, { certificate }) => {
    const answer = await curl(`https://${name}:8443/echo`, '--cacert', certificate, '--http2');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toMatch(/\n1\.1 200$/);
    expect(echoed(answer)).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-host': `${name}:8443`, 'x-forwarded-port': '8443' });
  });

  it.each<[string, readonly string[], number, RegExp, string]>([
    ['TLS 1.1', ['--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0', '-k'], 35, /alert protocol version/, 'tls-version'],
    ['an authority that did not sign', ['--cacert', files.b.certificate], 60, /certificate/, 'tls-rejected'],
    ['ciphers of before', ['--tls-max', '1.2', '--ciphers', 'ECDHE-ECDSA-AES128-SHA', '-k'], 35, /alert handshake failure/, 'tls-malformed'],
  ])('is refused, or refuses, with %s', async (_, args, code, complaint, fault) => {
    let answer: Output | undefined;
    expect(await faultsOf(async () => (answer = await curl('https://a.test:8443/', ...args)))).toEqual({ [fault]: 1 });
    expect(answer).toMatchObject({ code, stderr: expect.stringMatching(complaint) });
    expect(tier.stdout()).toContain(`"fault":"${fault}"`);
  });

  it('gets nothing from the port of TLS without TLS', async () => {
    expect(await faultsOf(() => curl('http://a.test:8443/'))).toEqual({ 'tls-plain-http': 1 });
  });

  it.each([['over TLS', 'https://a.test:8443/echo', ['--cacert', files.a.certificate]], ['plainly', 'http://HOST:8080/echo', []]])(
    'may send a PROXY header from where one is asked for, %s, and must',
    async (_, url, args) => {
      const target = url.replace('HOST', address);
      const answer = await curl(target, ...args, '--interface', balancer, '--haproxy-protocol');
      expect(answer).toMatchObject({ code: 0, stderr: '' });
      expect(echoed(answer)).toMatchObject({ 'x-forwarded-for': balancer });
      const without = await faultsOf(async () => expect((await curl(target, ...args, '--interface', balancer)).code).not.toBe(0));
      expect(without).toEqual({ 'proxy-header-missing': 1 });
      if (args.length > 0) return;
      expect((await curl(target, '--haproxy-protocol')).stdout).toMatch(/ 400$/); // from elsewhere
    },
  );

  it('gets the new certificate soon after the files have changed, and a connection of before goes on', async () => {
    const old = await connectSecure({ address, port: 8443 }, { servername: 'b.test' });
    old.send('GET /before HTTP/1.1\r\nHost: b.test\r\n\r\n');
    expect((await old.response()).status).toBe(404);
    writeFileSync(files.b.key, 'half of a change');
    await expect.poll(() => tier.stdout().includes('a certificate cannot be loaded'), { timeout: 20_000 }).toBe(true);
    expect((await curl('https://b.test:8443/', '--cacert', files.b.certificate)).code).toBe(0);
    store.put('b', makeCertificate('b.test', '*.b.test'));
    await expect.poll(async () => (await curl('https://b.test:8443/', '--cacert', files.b.certificate)).code, { timeout: 20_000 }).toBe(0);
    old.send('GET /after HTTP/1.1\r\nHost: b.test\r\n\r\n');
    expect((await old.response()).status).toBe(404);
    old.end();
    expect(await old.ended()).toBe('fin');
  });
});

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('openssl'))('openssl', () => {
  const client = (input: string, ...args: readonly string[]): Promise<Output> =>
    exec('openssl', ['s_client', '-connect', `${address}:8443`, '-servername', 'a.test', ...args], input);
  const request = 'GET /status/204 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

  it.each(['-tls1_2', '-tls1_3'])('agrees with %s, and resumes its session', async (version) => {
    const session = join(store.directory, `session${version}`);
    const first = await client(request, version, '-ign_eof', '-alpn', 'http/1.1', '-sess_out', session);
    expect(first.stdout).toMatch(/ALPN protocol: http\/1\.1/);
    expect(first.stdout).toContain('HTTP/1.1 204');
    const second = await client(request, version, '-ign_eof', '-sess_in', session);
    expect(second.stdout).toMatch(/^Reused, /m);
    expect(second.stdout).toContain('HTTP/1.1 204');
  });

  it('is refused with other protocols alone', async () => {
    const refused = async (): Promise<void> => {
      const { code, stderr } = await client('', '-alpn', 'h2');
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/no application protocol/);
    };
    expect(await faultsOf(refused)).toEqual({ 'tls-alpn': 1 });
  });

  it('may be killed anywhere, and all is as before', async () => {
    const pid = tier.pid('w1');
    for (let round = 0; round < 30; round += 1) {
      const child = spawn('openssl', ['s_client', '-connect', `${address}:8443`], { stdio: 'ignore' });
      await once(child, 'spawn');
      for (let turn = 0; turn < round * 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    await expect.poll(connections, { timeout: 20_000 }).toBe(0);
    expect(tier.pid('w1')).toBe(pid);
    expect((await curl('https://a.test:8443/', '--cacert', files.a.certificate)).code).toBe(0);
  });
});

it('five hundred connections that say nothing, or half of a handshake, are ended when their time is up', async () => {
  const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]);
  const ended: Promise<unknown>[] = [];
  const counted = await faultsOf(async () => {
    for (let index = 0; index < 500; index += 1) {
      const socket: Socket = connect({ host: address, port: 8443 });
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      ended.push(once(socket, 'close'));
      if (index % 2 === 1) socket.write(hello);
    }
    await expect.poll(connections, { timeout: 20_000 }).toBeGreaterThan(450);
    const meanwhile = await connectSecure({ address, port: 8443 });
    meanwhile.send('GET /status/204 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    expect((await meanwhile.response()).status).toBe(204);
    meanwhile.end();
    await Promise.all(ended);
    await expect.poll(connections, { timeout: 20_000 }).toBe(0);
  });
  expect(counted).toEqual({ 'tls-late': 500 });
});

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('haproxy', 'curl'))('haproxy before it', () => {
  const port = { tls2: 7001, tls1: 7002, plain2: 7003 };
  let running: ReturnType<typeof spawn>;
  beforeAll(async () => {
    const at = `${tier.network}.90`;
    const file = join(store.directory, 'haproxy.cfg');
    const server = (to: number, how: string): string => `  server w1 ${address}:${to} source ${balancer} ${how} check inter 100ms`;
    writeFileSync(
      file,
      `
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen tls2
  bind ${at}:${port.tls2}
${server(8443, 'send-proxy-v2 proxy-v2-options crc32c,unique-id,authority')}
listen tls1
  bind ${at}:${port.tls1}
${server(8443, 'send-proxy')}
listen plain2
  bind ${at}:${port.plain2}
${server(8080, 'send-proxy-v2')}
`,
    );
    running = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    while ((await exec('curl', ['-s', `http://${at}:${port.plain2}/`])).code !== 0) expect(running.exitCode).toBeNull();
  });
  afterAll(async () => {
    const gone = once(running, 'close');
    running.kill();
    await gone;
  });

  it.each(['tls2', 'tls1', 'plain2'] as const)('says by %s who the client is, and its probes are no faults', async (way) => {
    const from = '127.77.0.7';
    const to = `${tier.network}.90:${port[way]}`;
    const tls = ['--cacert', files.a.certificate, '--connect-to', `::${to}`];
    const url = way === 'plain2' ? `http://${to}/echo` : 'https://a.test:8443/echo';
    let answer: Output | undefined;
    const counted = await faultsOf(async () => (answer = await curl(url, '--interface', from, ...(way === 'plain2' ? [] : tls))));
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(echoed(answer as Output)).toMatchObject({ 'x-forwarded-for': from, 'x-forwarded-proto': way === 'plain2' ? 'http' : 'https' });
    expect(counted).toEqual({});
    expect(tier.stdout()).toMatch(new RegExp(`"client":"${from}".*"target":"/echo"`));
  });

  it('probes for a while without a fault', async () => {
    const opened = async (): Promise<number> => (await metrics('roundhouse_client_connections_opened_total'))[0]?.value ?? NaN;
    const before = await opened();
    expect(await faultsOf(() => expect.poll(opened, { timeout: 20_000 }).toBeGreaterThan(before + 30))).toEqual({});
  });
});
