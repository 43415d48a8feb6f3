/**
 * Long bodies through the native engine, whose memory is used again as soon as it was sent: nobody may get a byte of somebody else's.
 */
import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { afterAll, expect, it } from 'vitest';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import { giveBack, ReadBuffer } from '../../../../src/proxy/engines/native/read-buffer.js';
import { createPairStore, makeCertificate } from '../../../support/certificates.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith } from '../../worker-harness.js';

const bodyBytes = 16_000_001;

/** Each number of a body stands once in it, and bodies of different names have none in common for long. */
function bodyOf(name: string): Buffer {
  const seed = createHash('sha256').update(name).digest().readUInt32LE();
  const body = Buffer.alloc(bodyBytes);
  for (let at = 0; at + 4 <= bodyBytes; at += 4) body.writeUInt32LE((seed + Math.imul(at, 2_654_435_761)) >>> 0, at);
  return body;
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** @param until after the first piece, nothing is read before it has settled: more than the kernel holds must wait in the worker */
function hashFrom(port: number, secure: boolean, path: string, until: Promise<unknown> | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = secure ? getSecure : get;
    ask({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (response: IncomingMessage) => {
      const hash = createHash('sha256');
      response.on('data', (chunk: Buffer) => hash.update(chunk));
      response.once('data', () => {
        if (until === undefined) return;
        response.pause();
        void until.then(() => response.resume());
      });
      response.on('end', () => resolve(hash.digest('hex')));
      response.on('error', reject);
    }).on('error', reject);
  });
}

const store = createPairStore();
afterAll(() => store.remove());

it.each([
  ['plainly', false],
  ['over TLS', true],
])('each of many clients, fast and stopped, gets the bytes of its own body, %s', { timeout: 60_000 }, async (_how, secure) => {
  const origin = keep(
    await startHttpOrigin(({ url = '' }, response) => {
      if (url.endsWith('counted')) response.setHeader('Content-Length', bodyBytes);
      response.end(bodyOf(url));
    }),
  );
  const tls = { certificates: [store.put('a', makeCertificate('a.test'))], reloadMs: 10_000 };
  const { worker } = await startWorkerWith(createNativeEngine, [origin.url], { tlsPort: 0, tls });
  const port = (secure ? worker.secureAddress()?.port : worker.address().port) ?? 0;
  const paths = Array.from({ length: 12 }, (_, index) => `/${index}/${index % 3 === 0 ? 'chunked' : 'counted'}`);
  const [fast, stopped] = [paths.slice(4), paths.slice(0, 4)];
  const fastDone = Promise.all(fast.map((path) => hashFrom(port, secure, path, undefined)));
  const got = [...(await Promise.all(stopped.map((path) => hashFrom(port, secure, path, fastDone)))), ...(await fastDone)];
  expect(got).toEqual(paths.map((path) => hashOf(bodyOf(path))));
});

function fill(reads: ReadBuffer, byte: number): Buffer {
  const buffer = reads.next();
  return reads.taken(buffer.fill(byte), buffer.length);
}

it('a buffer is read into again when its bytes were given back, and not before', () => {
  const reads = new ReadBuffer();
  const first = fill(reads, 1);
  const [second, third] = [fill(reads, 2), fill(reads, 3)];
  giveBack(second);
  giveBack(second); // once is enough
  const more = [fill(reads, 4), fill(reads, 5), fill(reads, 6)];
  const memories = [first, second, third, ...more].map(({ buffer }) => buffer);
  expect(memories.lastIndexOf(second.buffer)).toBeGreaterThan(1);
  expect(new Set(memories).size).toBe(memories.length - 1);
  for (const [bytes, value] of [[first, 1], [third, 3]] as const) expect(bytes.every((byte) => byte === value)).toBe(true);
});

it('what is short is copied, and no memory stays with a connection that is idle', () => {
  const [one, other] = [new ReadBuffer(), new ReadBuffer()];
  expect(one.next()).toBe(other.next());
  const short = one.taken(one.next().fill(1), 10);
  other.next().fill(2);
  expect([...short]).toEqual(Array<number>(10).fill(1));
  fill(one, 3);
  expect(one.next()).not.toBe(other.next());
  one.release();
  expect(one.next()).toBe(other.next());
  giveBack(short); // is nobody's buffer
  expect(fill(other, 4).buffer).not.toBe(short.buffer);
});
