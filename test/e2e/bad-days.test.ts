/**
 * Bad days: what goes wrong around the tier leads to a clear error or a correct answer, and never to a dead process.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createRandom } from '../../src/random.js';
import { createDnsClient } from '../../src/dns/client.js';
import { get, startLoad } from '../support/load.js';
import { ownNetwork } from '../support/addresses.js';
import { childrenOf, roundhouse, run, startTier, type TestTier } from '../support/tier.js';

const addresses = (network: string, worker = `${network}.11`): string[] => [
  ...['--dns-address', `${network}.1`, '--worker-address', worker],
  ...['--set', `control.address=${network}.1`, '--set', `dns.metricsAddress=${network}.1`, '--set', `origin.address=${network}.1`],
];

describe('what cannot start says what, where and what to do, and leaves nothing behind', () => {
  it('a port in use', async () => {
    const network = ownNetwork();
    const squatter = createTcpServer().listen(8080, `${network}.12`);
    await once(squatter, 'listening');
    const { code, stderr } = await roundhouse('up', ...addresses(network));
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot listen on ${network}.12:8080: the port is in use`);
    squatter.close();
    const again = run(['up', ...addresses(network)]); // nothing of the first try holds a port
    await again.saw(/Ctrl-C stops gracefully/);
    expect(await again.stop()).toBe(0);
  });

  it('the DNS port in use', async () => {
    const network = ownNetwork();
    const squatter = createSocket('udp4').bind(5300, `${network}.1`);
    await once(squatter, 'listening');
    const { code, stderr } = await roundhouse('up', ...addresses(network));
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot listen on ${network}.1:5300: the port is in use`);
    squatter.close();
  });

  it('an address that this machine does not have', async () => {
    const network = ownNetwork();
    const { code, stderr } = await roundhouse('up', ...addresses(network, '192.0.2.77'), '--workers', '2');
    expect(code).toBe(1);
    for (const address of ['192.0.2.77', '192.0.2.78']) {
      expect(stderr).toContain(`cannot listen on ${address}:8080: this machine does not have the address; add it (\`sudo ip addr add ${address}/32 dev lo\`)`);
    }
  });

  it.each([
    ['dns: {ttl: 5m}\n', /dns\.ttl: .*"5m".*:1/],
    ['dns:\n  prot: 53\n', /dns\.prot.*port.*:2/s],
    ['dns: [\n', /:\d/],
    ['origins: [ftp://x]\n', /origins\[0\].*ftp:\/\/x/],
    ['dns: {policy: round-robbin}\n', /round-robbin.*round-robin/s],
    ['dns: {policy: ./nowhere.js}\n', /nowhere\.js/],
    ['origin: {directory: ./nowhere}\n', /origin\.directory: expected a directory that exists.*:1/],
    ['log:\n  to: nowhere/a.log\n', /log\.to: expected a file in a directory that exists.*:2/],
  ])('the configuration %j', async (text, message) => {
    const file = join(mkdtempSync(join(tmpdir(), 'roundhouse-test-')), 'roundhouse.yaml');
    writeFileSync(file, text);
    const { code, stderr } = await roundhouse('check', file);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at '); // no stack
    expect(code).toBe(1);
  });

  it.each([
    [['up', '/no/such/file.yaml'], 1, /\/no\/such\/file\.yaml/],
    [['up', '--workers', 'many'], 2, /--workers: expected a whole number.*"many"/],
    [['up', 'src', '--origin', 'http://127.0.0.1:1'], 2, /src: only the built-in origin serves a directory/],
    [['up', '--set', 'proxy'], 2, /KEY=VALUE/],
    [['upp'], 2, /up/],
    [['resolve', '--server', 'nowhere'], 2, /ADDR:PORT/],
    [['resolve', '--count', 'abc'], 2, /--count: expected a whole number.*"abc"/],
    [['status', '--control', 'ftp://127.0.0.1'], 2, /--control: expected a URL/],
    [['resolve', '--server', '127.0.0.1:1'], 1, /127\.0\.0\.1:1/],
    [['status', '--control', 'http://127.0.0.1:1'], 1, /is the tier running/],
    [['worker', '--name', 'w9'], 1, /w1, w2, w3, w4/],
  ])('the command %j', async (args, exitCode, message) => {
    const { code, stderr } = await roundhouse(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(exitCode);
  });
});

describe('a tier that is treated badly', () => {
  let tier: TestTier;
  beforeAll(async () => {
    tier = await startTier();
  });
  afterAll(async () => {
    expect(tier.stdout()).not.toContain('restarting it'); // no process died
    await tier.stop();
  });

  it('survives garbage datagrams, and answers the next query', async () => {
    const random = createRandom(1);
    const socket = createSocket('udp4');
    for (let sent = 0; sent < 2000; sent += 1) {
      const garbage = Buffer.from(Array.from({ length: random.below(600) }, () => random.below(256)));
      await new Promise((resolve) => socket.send(garbage, tier.dns.port, tier.dns.address, resolve));
    }
    socket.close();
    const client = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });
    expect((await client.ask(tier.service, 'A')).answers).toHaveLength(4);
    client.close();
  });

  it('survives half TCP frames and connections that say nothing', async () => {
    const half = [Buffer.from([0]), Buffer.from([0, 200, 1, 2, 3]), Buffer.alloc(0), Buffer.from([255, 255, 0])];
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const socket = connect(tier.dns.port, tier.dns.address);
        socket.on('error', () => undefined); // beyond the connection limit the longest idle is cut
        await once(socket, 'connect');
        socket.write(half[index % half.length] ?? '');
        return socket;
      }),
    );
    const { stdout, code } = await tier.command('resolve');
    expect(code).toBe(0);
    expect(stdout).toContain(`${tier.network}.11`);
    sockets.forEach((socket) => socket.destroy());
  });

  it('serves others while slow-loris heads dribble in', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(8080, `${tier.network}.11`).on('error', () => undefined));
    sockets.forEach((socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    expect((await get(`${tier.worker('w1')}/echo`)).status).toBe(200);
    sockets.forEach((socket) => socket.destroy());
  });
});

describe('origins on a bad day', () => {
  it('one of two is down: every request is served; both down: an honest 502, and back without a restart', async () => {
    const address = `${ownNetwork()}.1`;
    const good = createServer((_request, response) => response.end('good')).listen(0, address);
    await once(good, 'listening');
    const { port } = good.address() as AddressInfo;
    const tier = await startTier({ config: { origins: [`http://${address}:${port}`, 'http://127.0.0.1:9'] } });
    const load = startLoad({ dns: tier.dns, name: tier.service, path: '/', port: 8080, users: 4 });
    await load.more(200);
    expect((await load.stop()).failures).toEqual([]);

    good.closeAllConnections();
    await new Promise((resolve) => good.close(resolve));
    const failed = await get(`${tier.worker('w1')}/`, { accept: 'application/json' });
    expect(failed.status).toBe(502);
    const { requestId } = JSON.parse(failed.body) as { requestId: string };
    await tier.saw(new RegExp(`"id":"${requestId}".*"fault":"connect-refused"`)); // the id on the page stands in the log

    const back = createServer((_request, response) => response.end('back')).listen(port, address);
    await once(back, 'listening');
    expect((await get(`${tier.worker('w1')}/`)).body).toBe('back');
    back.close();
    await tier.stop();
  });

  it('one that accepts and never answers: an honest 504 in time', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const proxy = { timeouts: { responseMs: 300 }, retries: { max: 0 } };
    const tier = await startTier({ config: { origins: [`http://127.0.0.1:${port}`], proxy }, args: ['--workers', '1'] });
    const failed = await get(`${tier.worker('w1')}/`);
    expect(failed.status).toBe(504);
    expect(failed.body).toContain('did not respond in time');
    mute.close();
    await tier.stop();
  });

  it('one that breaks mid-body: the client sees a broken response, never a complete-looking one', async () => {
    const liar = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (head) => {
        const chunked = head.toString().includes('/chunked');
        socket.write(`HTTP/1.1 200 OK\r\n${chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 1000'}\r\n\r\n${chunked ? '5\r\nhello\r\n' : 'hello'}`, () => socket.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(liar, 'listening');
    const { port } = liar.address() as AddressInfo;
    const tier = await startTier({ config: { origins: [`http://127.0.0.1:${port}`] }, args: ['--workers', '1'] });
    await expect(get(`${tier.worker('w1')}/length`)).rejects.toThrow();
    await expect(get(`${tier.worker('w1')}/chunked`)).rejects.toThrow();
    liar.close();
    await tier.stop();
  });
});

describe('a log that cannot be written', () => {
  // Reason: only Linux has a device that is always full.
  it.runIf(existsSync('/dev/full'))('costs lines, not requests; it is said once and counted', async () => {
    const tier = await startTier({ config: { proxy: { accessLog: 'all', accessLogFile: '/dev/full' } }, args: ['--workers', '1'] });
    for (let sent = 0; sent < 20; sent += 1) expect((await get(`${tier.worker('w1')}/echo`)).status).toBe(200);
    expect(tier.stderr().match(/lines are being dropped/g)).toHaveLength(1);
    expect(await (await fetch(`http://${tier.network}.11:9101/metrics`)).text()).toMatch(/roundhouse_log_write_failures_total [1-9]/);
    expect(tier.stdout()).not.toContain('restarting it');
    await tier.stop();
  });

  it('because its place does not exist is an error that names the option', async () => {
    const network = ownNetwork();
    const { code, stderr } = await roundhouse('up', ...addresses(network), '--set', 'log.to=/no/such/place/x.log');
    expect(stderr).toMatch(/\/no\/such\/place.*log\.to/s);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(1);
  });
});

describe('the processes of the tier', () => {
  it('survive a terminal that is closed: what is in flight is finished', async () => {
    const tier = await startTier({ args: ['--workers', '1'], ownGroup: true });
    const slow = get(`${tier.worker('w1')}/slow?ms=300`);
    await tier.until((status) => status.members[0]?.inFlight === 1);
    process.kill(-Number(tier.process.pid), 'SIGHUP');
    expect((await slow).status).toBe(200);
    expect(await tier.stop('SIGCONT')).toBe(0); // it is stopping already
  });

  it('end when they are interrupted before the tier is up', async () => {
    const running = run(['up', ...addresses(ownNetwork()), '--log-level', 'info', '--set', 'log.to=-']);
    await running.saw(/child process serves/); // the first of them: the rest is still loading
    expect(await running.stop('SIGINT')).toBe(130);
    expect(running.stdout()).toContain('Stopped before it was up');
  });

  // Reason: finding a child before it serves needs Linux's /proc.
  it.runIf(existsSync('/proc/self/stat'))('that die before they serve are an error of the whole, without a stack', async () => {
    const running = run(['up', ...addresses(ownNetwork()), '--log-level', 'info', '--set', 'log.to=-']);
    const [, origin] = await running.saw(/"child":"origin","pid":(\d+)/);
    const victim = childrenOf(running.process.pid).find((pid) => pid !== Number(origin));
    process.kill(Number(victim), 'SIGKILL');
    await running.stop('SIGCONT'); // it ends by itself
    expect(running.stderr()).toMatch(/the process ended before it could serve \(signal SIGKILL\)/);
    expect(running.stderr()).not.toContain('    at ');
    expect(running.process.exitCode).toBe(1);
  });

  it('end with exit code 0 on SIGINT and SIGTERM, having finished what is in flight', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const tier = await startTier({ args: ['--workers', '1'] });
      const slow = get(`${tier.worker('w1')}/slow?ms=300`);
      await tier.until((status) => status.members[0]?.inFlight === 1);
      const stopped = tier.stop(signal);
      expect((await slow).status).toBe(200);
      expect(await stopped).toBe(0);
    }
  });

  it('end at once on a second Ctrl-C', async () => {
    const tier = await startTier({ args: ['--workers', '1'] });
    const slow = get(`${tier.worker('w1')}/slow?ms=20000`).catch((error: unknown) => String(error));
    await tier.until((status) => status.members[0]?.inFlight === 1);
    tier.process.kill('SIGINT');
    await tier.saw(/Ctrl-C again stops at once/);
    const pressing = setInterval(() => tier.process.kill('SIGINT'), 50); // what comes within 300 ms counts as the first one
    expect(await tier.stop('SIGINT')).toBe(130);
    clearInterval(pressing);
    expect(await slow).toMatch(/ECONNRESET|socket hang up/);
  });

  it('do not outlive a supervisor that is killed', async () => {
    const tier = await startTier({ args: ['--workers', '2'] });
    const pids = ['w1', 'w2', 'dns', 'origin'].map((name) => tier.pid(name));
    await tier.stop('SIGKILL');
    const alive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (pids.some(alive)) await new Promise((resolve) => setTimeout(resolve, 20)); // the test's time limit ends it
  });

  it('come back one by one when each is killed', async () => {
    const tier = await startTier({ args: ['--workers', '2'] });
    const client = createDnsClient({ server: tier.dns, timeoutMs: 200, clock: systemClock });
    for (const name of ['dns', 'origin', 'w1']) {
      const pid = tier.pid(name);
      process.kill(pid, 'SIGKILL');
      while (tier.pid(name) === pid) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await tier.until((status) => status.dnsReachable && status.members.every((member) => member.eligible));
    expect((await client.ask(tier.service, 'A')).answers).toHaveLength(2);
    expect((await get(`${tier.worker('w1')}/echo`)).status).toBe(200);
    client.close();
    await tier.stop();
  });
});

describe('roles on their own', () => {
  it('dns, worker and control find each other, and DNS goes on when control is gone', async () => {
    const network = ownNetwork();
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-test-'));
    const file = join(directory, 'roundhouse.yaml');
    writeFileSync(file, JSON.stringify({ origins: ['http://127.0.0.1:9'], workers: { count: 2 } }));
    const common = [file, ...addresses(network)];
    const dns = run(['dns', ...common]);
    const w2 = run(['worker', ...common, '--name', 'w2']);
    const control = run(['control', ...common]);
    await Promise.all([dns.saw(/serves/), w2.saw(/serves/), control.saw(/serves/)]);
    const client = createDnsClient({ server: { address: `${network}.1`, port: 5300 }, timeoutMs: 2000, clock: systemClock });
    const addressesNow = async (): Promise<string[]> => (await client.ask('www.roundhouse.test', 'A')).answers.map(({ data }) => data);
    while ((await addressesNow()).length !== 1); // w1 was never started
    expect(await addressesNow()).toEqual([`${network}.12`]);
    expect(await control.stop('SIGTERM')).toBe(0);
    expect(await addressesNow()).toEqual([`${network}.12`]);
    client.close();
    expect(await w2.stop('SIGTERM')).toBe(0);
    expect(await dns.stop('SIGTERM')).toBe(0);
  });
});
