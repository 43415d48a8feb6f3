/**
 * What the native engine promises beyond the suite about where a connection's last message is, on either side.
 */
import { expect, it } from 'vitest';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import { answering } from '../../../support/lenient-origin.js';
import { assertPromises, startHarness } from '../suite/harness.js';

assertPromises();

const request = (target: string, version = '1.1', extra = ''): string => `GET ${target} HTTP/${version}\r\nHost: h\r\n${extra}\r\n`;
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

it('answers nothing behind a response that says close, whatever was pipelined', async () => {
  const h = await startHarness(createNativeEngine);
  const client = await h.connect();
  client.send(request('/1') + request('/2') + request('/3'));
  const [one, two, three] = [await h.exchange(), await h.exchange(), await h.exchange()];
  two.answer(200, 'two');
  one.answer(200, 'one', [], true);
  expect(await three.until('onAbort')).toEqual(['client-aborted']);
  expect(await client.response()).toMatchObject({ status: 200, body: 'one' });
  expect(await client.ended()).toBe('fin');
  expect(client.rest).toBe('');
});

it('ends with the response of an HTTP/1.0 client that only the close delimits, though more was asked', async () => {
  const h = await startHarness(createNativeEngine);
  const client = await h.connect();
  client.send(request('/1', '1.0', 'Connection: keep-alive\r\n') + request('/2', '1.0', 'Connection: keep-alive\r\n'));
  const [one, two] = [await h.exchange(), await h.exchange()];
  two.answer(200, 'evil');
  one.respond({ status: 200, bodyBytes: undefined });
  one.write('all of it');
  one.end();
  expect((await client.response()).body).toBe('all of it');
  expect(client.rest).toBe('');
});

it.each(['Content-Length: 4', 'Transfer-Encoding: chunked'])('uses no connection again on which a 204 said %s', async (claim) => {
  const h = await startHarness(createNativeEngine);
  const attempt = h.send({});
  const connection = await h.origin.next();
  await connection.until(hasHead);
  connection.send(`HTTP/1.1 204 No Content\r\n${claim}\r\n\r\n`);
  await attempt.until('onEnd');
  await connection.ended();
});

it('uses a connection again on which a 204 said that it has no body', async () => {
  const h = await startHarness(createNativeEngine, { onConnection: answering('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n') });
  for (const reused of [false, true]) {
    const attempt = h.send({});
    expect(await attempt.until('onConnect')).toEqual([reused]);
    await attempt.until('onEnd');
  }
});

it.each(['Content-Length: 4', 'Transfer-Encoding: chunked'])('takes no interim response that said %s', async (claim) => {
  const h = await startHarness(createNativeEngine, { onConnection: answering(`HTTP/1.1 103 Early Hints\r\n${claim}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`) });
  expect(await h.send({}).fault()).toBe('invalid-response');
});
