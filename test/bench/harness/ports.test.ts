/**
 * Free ports are free for both protocols.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { freePort } from '../../../bench/harness/ports.js';
import { createRandom, type Random } from '../../../src/random.js';

it('passes over a port that is taken by UDP alone, and gives up in the end', async () => {
  const taken = createSocket('udp4');
  const first = await freePort(createRandom(process.pid));
  taken.bind(first, '127.0.0.1');
  await once(taken, 'listening');
  expect(await freePort(createRandom(process.pid))).not.toBe(first);
  const always: Random = { ...createRandom(1), below: () => first - 20_000 };
  await expect(freePort(always)).rejects.toThrow(/none of 100 ports of 127\.0\.0\.1 from 20000 to 32000 is free/);
  taken.close();
});
