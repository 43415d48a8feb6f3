/**
 * An accepted socket that was moved: it reads into the buffer, and is in all else a socket as any other.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readInto } from '../../../../src/proxy/engines/native/client-socket.js';
import { ReadBuffer } from '../../../../src/proxy/engines/native/read-buffer.js';
import { until } from '../../worker-harness.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

const nobody = { answersAtOnce: () => false, onData: () => undefined };

async function pair(onData: (chunk: Buffer) => void): Promise<{ client: Socket; socket: Socket; accepted: Socket }> {
  const owner = { answersAtOnce: () => false, onData };
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const moved = new Promise<{ socket: Socket | undefined; accepted: Socket }>((resolve) => {
    server.on('connection', (accepted) => resolve({ socket: readInto(new ReadBuffer(), accepted, () => owner), accepted }));
  });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on TCP
  const { socket, accepted } = await moved;
  if (socket === undefined) throw new Error('this Node has no way to read into a buffer of ours');
  cleanups.push(() => client.destroy(), () => socket.destroy(), () => server.close());
  return { client, socket, accepted };
}

it('hands over what comes, as bytes that are the caller’s, and stops and goes on when told', async () => {
  const came: Buffer[] = [];
  const { client, socket, accepted } = await pair((chunk) => came.push(chunk));
  expect([accepted.destroyed, socket.destroyed, socket.remoteAddress]).toEqual([true, false, '127.0.0.1']);
  client.write('first');
  await until(() => came.length === 1);
  client.write('later');
  await until(() => came.length === 2);
  expect(came.map(String)).toEqual(['first', 'later']);
  socket.pause();
  client.write('x'.repeat(10_000_000));
  await new Promise((resolve) => socket.write('ping', resolve));
  await once(client, 'data');
  expect(came).toHaveLength(2);
  socket.resume();
  await until(() => Buffer.concat(came.slice(2)).length === 10_000_000);
  expect(socket.bytesRead).toBe(10_000_010);
  expect([socket.bytesWritten, socket.isPaused()]).toEqual([4, false]);
});

it('tells the end, may write after it, and closes', async () => {
  const { client, socket } = await pair(() => undefined);
  const [ended, closed] = [once(socket, 'end'), once(socket, 'close')];
  socket.resume();
  client.end('bye');
  await ended;
  socket.end('good bye');
  const [text] = (await once(client, 'data')) as [Buffer];
  expect(text.toString()).toBe('good bye');
  await closed;
});

it('tells a reset', async () => {
  const { client, socket } = await pair(() => undefined);
  const failed = once(socket, 'error');
  client.resetAndDestroy();
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
});

it('leaves a socket alone that has no connection any more', () => {
  expect(readInto(new ReadBuffer(), connect(1, '127.0.0.1').on('error', () => undefined).destroy(), () => nobody)).toBeUndefined();
});
