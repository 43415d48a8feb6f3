/**
 * Request smuggling, through a whole worker over each engine, before an origin that reads like a careless server.
 *
 * For each trick: no reader behind the worker sees a request that the worker did not admit, nobody gets an answer that is not theirs,
 * what is refused is refused with its status, ends the connection, and is counted by its reason.
 */
import { describe, expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import { faults } from '../../src/proxy/fault.js';
import { habits, readStrictly, type Habit } from '../support/careless-origin.js';
import type { RawClient, RawResponse } from '../support/raw-client.js';
import { agreedRequests, expectNoVictim, get, startScene, type Scene } from './smuggling-harness.js';
import { answerRows, evil, type AnswerOutcome } from './smuggling-responses.js';
import { bodyBytes, rows, type Outcome, type Row } from './smuggling-requests.js';
import { limits } from './worker-harness.js';

const smuggled = get('/smuggled');

async function finalResponse(client: RawClient, method = 'GET'): Promise<RawResponse> {
  for (;;) {
    const response = await client.response(method);
    if (response.status >= 200) return response;
  }
}

/**
 * One attack from one client.
 *
 * @param bytes with a request behind it
 * @returns what the origin should have seen of it, complete
 */
async function attack(scene: Scene, before: string, bytes: string, outcome: Outcome): Promise<(readonly [string, string])[]> {
  const client = await scene.connect();
  client.send(before + bytes);
  const admitted: (readonly [string, string])[] = before === '' ? [] : [['/before', '']];
  if (typeof outcome !== 'string') admitted.push(...outcome, ['/behind', '']);
  for (const [target, body] of admitted) expect((await finalResponse(client)).body).toMatch(new RegExp(` ${target} ${body.length}$`));
  if (typeof outcome === 'string') {
    const refusal = await finalResponse(client);
    expect([refusal.status, refusal.values('connection')]).toEqual([faults[outcome].status, ['close']]);
    expect(await client.ended()).toBe('fin');
    client.send(get('/later'));
  }
  client.end();
  await client.closed();
  expect(client.rest).toBe('');
  return admitted;
}

/** What the attacker's client gets of the answer; and, where that is whole, its next one. */
async function expectAnswer(client: RawClient, method: string, outcome: AnswerOutcome): Promise<void> {
  if (typeof outcome !== 'string' && outcome.cut !== undefined) {
    expect(await client.ended()).toBe('reset');
    expect(client.text).not.toMatch(/0\r\n\r\n$|evil/);
    return;
  }
  const response = await finalResponse(client, method);
  expect(response.status).toBe(typeof outcome === 'string' ? faults[outcome].status : outcome.status);
  expect(response.complete).toBe(true);
  if (typeof outcome !== 'string') expect(response.body).toBe(outcome.body);
  for (const [name] of response.fields) expect(name.toLowerCase()).not.toBe('set-cookie');
  client.send(get('/own', 'Connection: close'));
  expect((await client.response()).body).toBe('GET /own 0');
  await client.ended();
  expect(client.rest).toBe('');
}

describe.each(Object.entries(engines))('the %s engine', (name, createEngine) => {
  const outcomeOf = ({ outcome, httpProxy }: Row): Outcome => (name === 'http-proxy' ? (httpProxy?.outcome ?? outcome) : outcome);

  it.each(rows.map((row, index) => ({ ...row, habit: habits[index % habits.length] as Habit })))('$what', async (row) => {
    const scene = await startScene(createEngine, { habit: row.habit, worker: { limits: { ...limits, bodyBytes } } });
    const outcome = outcomeOf(row);
    const behind = name === 'http-proxy' && row.httpProxy?.late === true ? '' : get('/behind');
    const expected = [...(await attack(scene, '', row.bytes + behind, outcome)), [await expectNoVictim(scene), '']];
    expected.push(...(await attack(scene, get('/before'), row.bytes + behind, outcome)), [await expectNoVictim(scene), '']);
    expect(agreedRequests(scene).map(({ target, body }) => [target, body]).toSorted()).toEqual(expected.toSorted());
    expect(scene.counted()).toEqual(typeof outcome === 'string' ? { [outcome]: 2 } : {});
  });

  it.each(answerRows)('an answer, $what', async ({ method, bytes, outcome, spent, kept }) => {
    const scene = await startScene(createEngine, { play: ({ target }) => (target === '/attack' ? bytes : undefined) });
    const client = await scene.connect();
    client.send(get('/attack').replace('GET', method));
    await expectAnswer(client, method, outcome);
    client.end();
    const code = typeof outcome === 'string' ? outcome : outcome.cut;
    const own = typeof outcome === 'string' || code === undefined ? ['/own'] : [];
    const victims = [await expectNoVictim(scene), await expectNoVictim(scene)];
    const sent = JSON.stringify(scene.origin.connections.map(({ text }) => text));
    expect(agreedRequests(scene).map(({ target }) => target).toSorted(), sent).toEqual(['/attack', ...own, ...victims].toSorted());
    const asked = scene.origin.connections.filter(({ text }) => text.includes(' /attack ')).map(({ text }) => readStrictly(text).length);
    if (spent && (kept === undefined || name === 'native')) expect(asked).toEqual([1]);
    expect(scene.counted()).toEqual(code === undefined ? {} : { [code]: 1 });
  });

  it('takes nothing for an answer that an origin says on an idle connection', async () => {
    const scene = await startScene(createEngine);
    for (const unasked of [evil, evil.slice(0, 20), '\r\n', '\0', 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n']) {
      const client = await scene.connect();
      const target = `/asked/${unasked.length}`;
      client.send(get(target));
      expect((await client.response()).body).toBe(`GET ${target} 0`);
      const connection = scene.origin.connections.find(({ text }) => text.includes(target));
      connection!.send(unasked);
      await connection!.ended();
      client.send(get('/own'));
      expect((await client.response()).body).toBe('GET /own 0');
      expect(client.rest).toBe('');
      client.end();
      await expectNoVictim(scene);
    }
    expect(scene.counted()).toEqual({});
  });

  it.each([
    ['a length', `Content-Length: ${smuggled.length + 10}\r\n\r\nhello`, 'hello'],
    ['chunks', `Transfer-Encoding: chunked\r\n\r\n${(smuggled.length + 10).toString(16)}\r\nhello`, 'hello'],
    ['a chunk that has ended', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', '0\r\n\r\n'],
  ])('takes the rest of a request for no other when it is answered before its end: %s', async (_what, begin, rest) => {
    const early = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly`;
    const scene = await startScene(createEngine, { early: ({ body }) => (body === 'hello' ? early : undefined) });
    const client = await scene.connect();
    client.send(`POST /attack HTTP/1.1\r\nHost: h\r\n${begin}`);
    const response = await client.response();
    expect([response.body, response.values('connection')]).toEqual(['early', ['close']]);
    const victim = await expectNoVictim(scene);
    client.send(smuggled + rest + get('/behind'));
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    client.end();
    await client.closed();
    const victims = [victim, await expectNoVictim(scene)];
    expect(agreedRequests(scene).map(({ target }) => target)).toEqual(victims);
    expect(scene.origin.connections.filter(({ text }) => text.includes(' /attack ')).map(({ text }) => readStrictly(text).length)).toEqual([1]);
  });

  it('answers for itself, and takes the body of the question for no request', async () => {
    const scene = await startScene(createEngine);
    const client = await scene.connect();
    client.send(`OPTIONS /attack HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n`);
    const response = await client.response();
    expect([response.status, response.values('connection')]).toEqual([204, ['close']]);
    client.send(smuggled + get('/behind'));
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    client.end();
    expect(agreedRequests(scene)).toHaveLength(0);
    await expectNoVictim(scene);
  });

  it.each([
    ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200],
    ['426', 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n', 426],
    ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n', 502],
    ['a switch to nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 502],
  ])('makes no tunnel of a handshake that is answered by %s', async (_what, answer, status) => {
    const scene = await startScene(createEngine, { play: ({ target }) => (target === '/attack' ? answer : undefined) });
    const client = await scene.connect();
    const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 777', 'Sec-WebSocket-Key: x'];
    client.send(get('/attack', ...handshake) + smuggled);
    expect((await client.response()).status).toBe(status);
    client.send(smuggled);
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    client.end();
    const victims = [await expectNoVictim(scene), await expectNoVictim(scene)];
    expect(agreedRequests(scene).map(({ target }) => target)).toEqual(['/attack', ...victims]);
    expect(scene.worker.stats.tunnels).toBe(0);
  });
});
