/**
 * Request smuggling, through a whole worker over each engine, before an origin that reads like a careless server.
 *
 * For each trick: no reader behind the worker sees a request that the worker did not admit, nobody gets an answer that is not theirs,
 * what is refused is refused with its status, ends the connection, and is counted by its reason.
 */
import { describe, expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import { faults } from '../../src/proxy/fault.js';
import { habits, type Habit } from '../support/careless-origin.js';
import { agreedRequests, expectNoVictim, get, startScene, type Scene } from './smuggling-harness.js';
import { bodyBytes, rows, type Outcome, type Row } from './smuggling-requests.js';
import { limits } from './worker-harness.js';

/** One attack from one client, with a request behind it. @returns what the origin should have seen of it, complete */
async function attack(scene: Scene, before: string, bytes: string, outcome: Outcome): Promise<(readonly [string, string])[]> {
  const client = await scene.connect();
  client.send(before + bytes + get('/behind'));
  const admitted: (readonly [string, string])[] = before === '' ? [] : [['/before', '']];
  if (typeof outcome !== 'string') admitted.push(...outcome, ['/behind', '']);
  for (const [target, body] of admitted) expect((await client.response()).body).toMatch(new RegExp(` ${target} ${body.length}$`));
  if (typeof outcome === 'string') {
    const refusal = await client.response();
    expect([refusal.status, refusal.values('connection')]).toEqual([faults[outcome].status, ['close']]);
    expect(await client.ended()).toBe('fin');
    client.send(get('/later'));
  }
  client.end();
  await client.closed();
  expect(client.rest).toBe('');
  return admitted;
}

describe.each(Object.entries(engines))('the %s engine', (name, createEngine) => {
  const outcomeOf = ({ outcome, httpProxy }: Row): Outcome => (name === 'http-proxy' ? (httpProxy?.outcome ?? outcome) : outcome);

  it.each(rows.map((row, index) => ({ ...row, habit: habits[index % habits.length] as Habit })))('$what', async (row) => {
    const scene = await startScene(createEngine, { habit: row.habit, worker: { limits: { ...limits, bodyBytes } } });
    const outcome = outcomeOf(row);
    const expected = [...(await attack(scene, '', row.bytes, outcome)), [await expectNoVictim(scene), '']];
    expected.push(...(await attack(scene, get('/before'), row.bytes, outcome)), [await expectNoVictim(scene), '']);
    expect(agreedRequests(scene).map(({ target, body }) => [target, body]).toSorted()).toEqual(expected.toSorted());
    expect(scene.counted()).toEqual(typeof outcome === 'string' ? { [outcome]: 2 } : {});
  });
});
