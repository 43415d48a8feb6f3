/**
 * The control process and those who follow it, over real sockets.
 */
import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createControlClient } from '../../src/control/client.js';
import { acceptReadiness, createControl, type Control } from '../../src/control/control.js';
import { apiUrl, createFollower } from '../../src/control/follower.js';
import { silentLog } from '../../src/log.js';
import { createPool, type Pool, type PoolMember, type PoolSnapshot } from '../../src/pool/pool.js';
import { createReportedLoads, type ReportedLoads } from '../../src/pool/worker-loads.js';
import { createRandom } from '../../src/random.js';
import type { SocketAddress } from '../../src/service.js';
import { ownNetwork } from '../support/addresses.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface FakeWorker {
  readonly port: number;
  answer: { status: number; body: string };
  metrics: () => string;
}

/** Something that answers `/readyz` and `/metrics` as told. */
async function workerEndpoint(metrics = ''): Promise<FakeWorker> {
  const worker = { port: 0, answer: { status: 200, body: '{"ready":true}' }, metrics: () => metrics };
  const server: Server = createServer((request, response) => {
    if (request.url?.startsWith('/metrics') === true) return void response.end(worker.metrics());
    response.writeHead(worker.answer.status).end(worker.answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close(), () => server.closeAllConnections());
  worker.port = (server.address() as AddressInfo).port;
  return worker;
}

const members: readonly PoolMember[] = ['w1', 'w2'].map((name, index) => ({ name, index, address: `127.0.0.${11 + index}`, port: 8080, weight: 1 }));

interface More {
  readonly token?: string;
  readonly dns?: FakeWorker;
  readonly listen?: SocketAddress;
  readonly stateFile?: string;
  readonly load?: { readonly interMs: number; readonly alarm: number | undefined };
}

async function startControl(workers: readonly FakeWorker[], more: More = {}): Promise<Control> {
  const control = createControl({
    listen: more.listen ?? { address: '127.0.0.1', port: 0 },
    members,
    endpoints: workers.map(({ port }) => ({ address: '127.0.0.1', port })),
    dnsEndpoint: { address: '127.0.0.1', port: more.dns?.port ?? 9 },
    probe: {
      ...{ path: '/readyz', interMs: 50, fastinterMs: 20, downinterMs: 20, timeoutMs: 2000 },
      ...{ rise: 1, fall: 2, initialState: 'down', upThresh: 0.5 },
    },
    service: 'www.roundhouse.test',
    policy: 'round-robin',
    ttl: '30/5 s',
    token: more.token,
    stateFile: more.stateFile,
    load: more.load,
    clock: systemClock,
    random: createRandom(1),
    log: silentLog,
  });
  await control.start();
  control.probe();
  cleanups.push(() => control.stop(100));
  await control.prober.settled();
  return control;
}

const localPool = (): Pool => createPool(members, { upThresh: 0.5, initialHealth: 'down', realtimeMs: systemClock.realtimeMs });

function follow(control: Control, pool: Pool, loads?: ReportedLoads): ReturnType<typeof createFollower> {
  const follower = createFollower({ control: apiUrl(control.address()), pool, loads, clock: systemClock, log: silentLog });
  follower.start();
  cleanups.push(() => follower.stop());
  return follower;
}

const until = (pool: Pool, holds: (snapshot: PoolSnapshot) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!holds(pool.snapshot())) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = pool.subscribe(look);
    look();
  });

const eligible = (pool: Pool): string[] => pool.snapshot().eligible.map(({ name }) => name);

describe('following', () => {
  it('keeps a pool equal to the control process’s, verdicts and operator states alike', async () => {
    const workers = [await workerEndpoint(), await workerEndpoint()];
    const control = await startControl(workers);
    const pool = localPool();
    const follower = follow(control, pool);
    await follower.settled(5000);
    expect(follower.connected()).toBe(true);
    expect(eligible(pool)).toEqual(['w1', 'w2']);
    control.pool.setAdmin('w1', 'draining');
    await until(pool, (snapshot) => snapshot.members[0]?.admin === 'draining');
    expect(eligible(pool)).toEqual(['w2']);
    control.pool.setAdmin('w1', 'enabled');
    control.prober.markDown('w2', 'process-exited', 'signal SIGKILL');
    await until(pool, (snapshot) => snapshot.members[1]?.reason === 'process-exited');
    expect(pool.snapshot().members[1]).toMatchObject({ health: 'down', detail: 'signal SIGKILL' });
  });

  it('keeps the last state when the control process goes, and is right again when it is back', async () => {
    const workers = [await workerEndpoint(), await workerEndpoint()];
    const first = await startControl(workers, { listen: { address: `${ownNetwork()}.1`, port: 0 } });
    const pool = localPool();
    const follower = follow(first, pool);
    await follower.settled(5000);
    first.pool.setAdmin('w1', 'disabled');
    await until(pool, (snapshot) => snapshot.members[0]?.admin === 'disabled');
    await first.stop(0);
    await expect.poll(() => follower.connected()).toBe(false);
    expect(eligible(pool)).toEqual(['w2']);
    await startControl(workers, { listen: first.address() });
    await until(pool, (snapshot) => snapshot.members[0]?.admin === 'enabled');
    expect(eligible(pool)).toEqual(['w1', 'w2']);
  });

  it('does not wait for ever for a control process that is not there', async () => {
    const pool = localPool();
    const follower = createFollower({ control: new URL('http://127.0.0.1:9'), pool, clock: systemClock, log: silentLog });
    follower.start();
    cleanups.push(() => follower.stop());
    await follower.settled(50);
    expect(pool.snapshot().failOpen).toBe(true);
    expect(eligible(pool)).toEqual(['w1', 'w2']);
  });

  it('drops a peer that sends nonsense, and says nothing of it to the pool', async () => {
    const server = createServer((_request, response) => response.end('{"version":1,"members":[{"name":"w1","health":"splendid"}]}\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const pool = localPool();
    const before = pool.snapshot();
    const control = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const follower = createFollower({ control, pool, clock: systemClock, log: silentLog });
    follower.start();
    cleanups.push(() => follower.stop());
    await follower.settled(200);
    expect(pool.snapshot()).toBe(before);
  });
});

describe('withdrawal', () => {
  it('reaches followers, the API and `status`, and ends', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()]);
    const pool = localPool();
    follow(control, pool);
    await until(pool, (snapshot) => snapshot.eligible.length === 2);
    control.pool.setWithdrawn('w1', 'lagging');
    await until(pool, (snapshot) => snapshot.members[0]?.withdrawn === 'lagging');
    expect(eligible(pool)).toEqual(['w2']);
    const response = await fetch(new URL('/api/pool', apiUrl(control.address())));
    const members = [{ name: 'w1', withdrawn: 'lagging' }, { name: 'w2', withdrawn: null }];
    expect(await response.json()).toMatchObject({ withdrawalIgnored: false, members });
    const status = await control.status();
    expect(status).toMatchObject({ withdrawalIgnored: false, members: [{ withdrawn: 'lagging', eligible: false }, { withdrawn: null }] });
    control.pool.setWithdrawn('w2', 'lagging');
    await until(pool, (snapshot) => snapshot.withdrawalIgnored);
    expect(eligible(pool)).toEqual(['w1', 'w2']);
    control.pool.setWithdrawn('w1', null);
    await until(pool, (snapshot) => snapshot.members[0]?.withdrawn === null);
    expect(eligible(pool)).toEqual(['w1']);
  });
});

/** A page of a process that is busy for a given part of the time, which counts on from page to page. */
function busyPage(partOf: () => number): () => string {
  let [activeS, idleS] = [0, 0];
  return () => {
    activeS += partOf();
    idleS += 1 - partOf();
    return [
      `roundhouse_process_event_loop_active_seconds_total ${activeS}\nroundhouse_process_event_loop_idle_seconds_total ${idleS}`,
      'roundhouse_proxy_in_flight_requests 4\nroundhouse_proxy_queued_requests 2\nprocess_start_time_seconds 1\n',
    ].join('\n');
  };
}

describe('load', () => {
  it('reaches followers that want it; beyond the alarm a worker leaves the answers, and comes back when it rests', async () => {
    const workers = [await workerEndpoint(), await workerEndpoint()];
    let busy = 0.9;
    workers.forEach((worker, index) => (worker.metrics = busyPage(() => (index === 0 ? busy : 0.25))));
    const control = await startControl(workers, { load: { interMs: 100, alarm: 0.5 } });
    const [pool, plain] = [localPool(), localPool()];
    const loads = createReportedLoads(members.length, 60_000, systemClock);
    follow(control, pool, loads);
    follow(control, plain);
    await Promise.all([pool, plain].map((one) => until(one, (snapshot) => snapshot.members[0]?.alarmed === true)));
    expect([eligible(pool), eligible(plain)]).toEqual([['w2'], ['w2']]);
    expect([loads.utilisation(0), loads.utilisation(1)]).toEqual([expect.closeTo(0.9, 6), expect.closeTo(0.25, 6)]);
    expect(loads.backlog(1)).toBe(6);
    const { version } = loads;
    await expect.poll(() => loads.version, { timeout: 20_000 }).toBeGreaterThan(version + 4); // lines come without a change of the pool
    const { members: [first] } = await control.status();
    expect(first).toMatchObject({ alarmed: true, eligible: false, utilisation: expect.closeTo(0.9, 6), backlog: 6 });
    busy = 0.4;
    await until(plain, (snapshot) => snapshot.members[0]?.alarmed === false);
    expect(eligible(plain)).toEqual(['w1', 'w2']);
  });

  it('is told only to those who ask', async () => {
    const workers = [await workerEndpoint(busyPage(() => 0.5)()), await workerEndpoint()];
    const control = await startControl(workers, { load: { interMs: 100, alarm: undefined } });
    const lineOf = async (path: string): Promise<string> => {
      const response = await fetch(new URL(path, apiUrl(control.address())));
      const reader = response.body?.getReader();
      const { value } = (await reader?.read()) ?? {};
      await reader?.cancel();
      return Buffer.from(value ?? []).toString();
    };
    await expect.poll(() => lineOf('/api/pool/watch?loads'), { timeout: 20_000 }).toContain('"backlog":6');
    expect(await lineOf('/api/pool')).toContain('"backlog":6');
    expect(await lineOf('/api/pool/watch')).toContain('"load":null');
  });

  it('is not read when nobody needs it', async () => {
    const worker = await workerEndpoint();
    let scrapes = 0;
    worker.metrics = () => String((scrapes += 1));
    const control = await startControl([worker, await workerEndpoint()]);
    control.prober.nudge('w1');
    await expect.poll(() => control.prober.history('w1').length, { timeout: 20_000 }).toBeGreaterThan(4);
    expect(scrapes).toBe(0);
  });
});

describe('the admin API', () => {
  it('drains, enables and disables by name; names what there is when the name is wrong', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()]);
    const client = createControlClient(apiUrl(control.address()), undefined, systemClock);
    expect(await client.change('w2', 'drain')).toEqual({ member: 'w2', admin: 'draining', was: 'enabled', eligible: ['w1'] });
    expect(await client.change('w2', 'drain')).toEqual({ member: 'w2', admin: 'draining', was: 'draining', eligible: ['w1'] });
    expect(await client.change('w2', 'disable')).toMatchObject({ admin: 'disabled' });
    await expect(client.change('w9', 'drain')).rejects.toThrow(/no member "w9"; there are w1, w2/);
  });

  it('refuses changes without the token, from a foreign name and as a form', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()], { token: 'secret' });
    const url = apiUrl(control.address());
    await expect(createControlClient(url, undefined, systemClock).change('w1', 'drain')).rejects.toThrow(/ROUNDHOUSE_TOKEN/);
    await expect(createControlClient(url, 'guess!', systemClock).change('w1', 'drain')).rejects.toThrow(/ROUNDHOUSE_TOKEN/);
    const form = await fetch(new URL('/api/members/w1/drain', url), { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
    expect(form.status).toBe(415);
    expect(control.pool.snapshot().members[0]?.admin).toBe('enabled');
    expect(await createControlClient(url, 'secret', systemClock).change('w1', 'drain')).toMatchObject({ admin: 'draining' });
  });

  it('refuses to be read under a name that is not its own', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()]);
    const { port } = control.address();
    const status = await new Promise((resolve) => {
      request({ port, path: '/api/status', headers: { host: 'rebound.example:9100' } }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(403);
  });

  it('says what there is for an unknown path, and 405 for other methods', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()]);
    const unknown = await fetch(new URL('/nothing', apiUrl(control.address())));
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('GET /api/status');
    expect((await fetch(new URL('/api/status', apiUrl(control.address())), { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(new URL('/api/pool/watch', apiUrl(control.address())), { method: 'HEAD' })).status).toBe(405);
  });

  it('gives Prometheus every target with its labels', async () => {
    const control = await startControl([await workerEndpoint(), await workerEndpoint()]);
    const response = await fetch(new URL('/api/discovery', apiUrl(control.address())));
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual([
      { targets: ['127.0.0.1:9'], labels: { role: 'dns' } },
      expect.objectContaining({ labels: { role: 'worker', worker: 'w1' } }),
      expect.objectContaining({ labels: { role: 'worker', worker: 'w2' } }),
    ]);
  });
});

describe('the state file', () => {
  const stateFile = (): string => join(mkdtempSync(join(tmpdir(), 'roundhouse-control-')), 'state.json');

  it('keeps what the operator wants over a restart of the control process', async () => {
    const file = stateFile();
    const workers = [await workerEndpoint(), await workerEndpoint()];
    const first = await startControl(workers, { stateFile: file });
    first.pool.setAdmin('w1', 'draining');
    first.pool.setAdmin('w2', 'disabled');
    first.pool.setAdmin('w2', 'enabled');
    await first.stop(0);
    const second = await startControl(workers, { stateFile: file });
    expect(second.pool.snapshot().members.map(({ admin }) => admin)).toEqual(['draining', 'enabled']);
  });

  it('that is not ours is refused, not overwritten', async () => {
    const file = stateFile();
    writeFileSync(file, '{"w1":"splendid"}');
    await expect(startControl([], { stateFile: file })).rejects.toThrow(/not a file of operator states.*control\.stateFile/);
    expect(readFileSync(file, 'utf8')).toBe('{"w1":"splendid"}');
  });
});

describe('status', () => {
  it('takes shares and load from the metrics pages, and lives with pages that cannot be had', async () => {
    const dns = await workerEndpoint('roundhouse_dns_answer_first_places_total{member="w1",type="A"} 30\nroundhouse_dns_answer_first_places_total{member="w2",type="A"} 10\n');
    const busy = await workerEndpoint('roundhouse_proxy_requests_total{method="GET",status="2xx"} 7\nroundhouse_proxy_requests_total{method="GET",status="5xx"} 1\nroundhouse_proxy_in_flight_requests 2\nroundhouse_pool_member_up{pool="origins",member="o1"} 1\n');
    const mute = await workerEndpoint();
    const control = await startControl([busy, mute], { dns });
    const status = await control.status();
    expect(status).toMatchObject({ service: 'www.roundhouse.test', dnsReachable: true, failOpen: false, origins: [{ name: 'o1', upFor: 1, probedBy: 1 }] });
    const numbers = { firstPlaces: 30, share: 0.75, requests: 8, inFlight: 2 };
    expect(status.members[0]).toMatchObject({ name: 'w1', eligible: true, ...numbers, history: expect.stringMatching(/^\++$/) });
    const withoutDns = await startControl([busy, mute]);
    expect((await withoutDns.status()).dnsReachable).toBe(false);
    expect((await withoutDns.status()).members[0]?.share).toBeUndefined();
  });
});

describe('what a worker says on /readyz', () => {
  it.each([
    [200, '{"ready":true}', { ok: true }],
    [503, '{"ready":false,"reason":"draining","by":"operator"}', { ok: true }],
    [503, '{"ready":false,"reason":"stopping","by":"signal"}', { ok: false, reason: 'not-ready', detail: 'stopping' }],
    [503, 'busy', { ok: false, reason: 'not-ready', detail: 'HTTP 503' }],
    [503, 'null', { ok: false, reason: 'not-ready', detail: 'HTTP 503' }],
    [500, '', { ok: false, reason: 'probe-status', detail: 'HTTP 500' }],
    [204, '', { ok: false, reason: 'probe-status' }],
  ])('%s %s', (status, body, outcome) => {
    expect(acceptReadiness(status, body)).toMatchObject(outcome);
  });
});
