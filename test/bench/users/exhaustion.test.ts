/**
 * Which errors of sockets tell of the load generator.
 */
import { expect, it } from 'vitest';
import { isExhaustion } from '../../../bench/users/exhaustion.js';
import { ServiceError } from '../../../src/service.js';

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });

it('the want of sockets is one, as a cause too; what a peer does is none', () => {
  expect(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'].map(errorOf).every(isExhaustion)).toBe(true);
  expect(isExhaustion(new ServiceError('dns: cannot ask', { cause: errorOf('EMFILE') }))).toBe(true);
  expect([errorOf('ECONNREFUSED'), errorOf('ECONNRESET'), new Error('no code'), 'EMFILE', undefined].some(isExhaustion)).toBe(false);
});
