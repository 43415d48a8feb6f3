/**
 * What a request costs the load generator: a virtual user's connection against node:http's client, in one run.
 *
 *     npm run build && node dist/bench/user-request.js
 *
 * Both ask a server of its own process for 100 bytes, 32 at a time, on kept connections and with a new one for each request. Figures
 * hold for this machine only; the ratio is the result. Rounds alternate, and each figure is the median of them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { systemClock } from '../src/clock.js';
import type { SocketAddress } from '../src/service.js';
import { table } from '../src/text/table.js';
import { spreadOf, spreadText } from './harness/spread.js';
import { openConnection, type Connection } from './users/connection.js';

type Client = (at: SocketAddress, keepAlive: boolean) => { ask: () => Promise<void>; close: () => void };

const [rounds, requests, warmUp, lanes] = [7, 6000, 3000, 32];
const options = { clock: systemClock, connectMs: 5000, requestMs: 5000, onClosed: () => undefined, onExhausted: () => undefined };

const virtualUser: Client = ({ address, port }, keepAlive) => {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: ${address}\r\n${keepAlive ? '' : 'Connection: close\r\n'}\r\n`);
  const idle: Connection[] = [];
  const open = () =>
    new Promise<Connection>((resolve, reject) =>
      openConnection({ address, port }, options, (outcome) => (typeof outcome === 'string' ? reject(new Error(outcome)) : resolve(outcome))),
    );
  async function ask(): Promise<void> {
    const connection = idle.pop() ?? (await open());
    const failure = await new Promise((resolve) => connection.request(bytes, resolve));
    if (failure !== undefined) throw new Error(String(failure));
    if (connection.reusable()) idle.push(connection);
  }
  return { ask, close: () => idle.forEach((connection) => connection.close()) };
};

const nodeHttp: Client = ({ address: host, port }, keepAlive) => {
  const agent = new Agent({ keepAlive });
  const ask = () =>
    new Promise<void>((resolve, reject) => get({ host, port, agent }, (response) => response.resume().on('end', resolve)).on('error', reject));
  return { ask, close: () => agent.destroy() };
};

/** µs of this process for each request. */
async function costOf(client: Client, at: SocketAddress, keepAlive: boolean): Promise<number> {
  const { ask, close } = client(at, keepAlive);
  async function run(count: number): Promise<void> {
    let begun = 0;
    const lane = async (): Promise<void> => {
      while (begun++ < count) await ask();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  await run(warmUp);
  const before = process.cpuUsage();
  await run(requests);
  const { user, system } = process.cpuUsage(before);
  close();
  return (user + system) / requests;
}

async function compare(at: SocketAddress, keepAlive: boolean): Promise<string[]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await costOf(virtualUser, at, keepAlive));
    theirs.push(await costOf(nodeHttp, at, keepAlive));
  }
  const [user, node] = [spreadOf(ours), spreadOf(theirs)];
  const ratio = (node?.median ?? Number.NaN) / (user?.median ?? Number.NaN);
  return [keepAlive ? 'kept' : 'new each time', spreadText(user, digits), spreadText(node, digits), digits(ratio)];
}

const digits = (value: number): string => value.toFixed(1);

async function main(): Promise<void> {
  const server = fork(process.argv[1] ?? '', ['serve']);
  const [port] = (await once(server, 'message')) as [number];
  const at = { address: '127.0.0.1', port };
  const rows = [await compare(at, true), await compare(at, false)];
  server.kill();
  const about = `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; ${rounds} rounds of ${requests} requests, ${lanes} at a time; median (least–most)`;
  process.stdout.write(`${about}\n\n${table(['connection', 'virtual user, µs', 'node:http, µs', 'ratio'], rows)}\n`);
}

function serve(): void {
  const server = createServer((_, response) => response.end('x'.repeat(100)));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

if (process.argv[2] === 'serve') serve();
else await main();
