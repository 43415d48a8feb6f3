/** What the suite asks of every engine on a plain connection, once more on one with TLS. */
import { afterAll, describe } from 'vitest';
import { systemClock } from '../../../../src/clock.js';
import { silentLog } from '../../../../src/log.js';
import { createCertificates } from '../../../../src/proxy/certificates.js';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import { createPairStore, makeCertificate } from '../../../support/certificates.js';
import { answerTests } from '../suite/answers.js';
import { assertPromises } from '../suite/harness.js';
import { lifecycleTests } from '../suite/lifecycle.js';
import { refusalTests } from '../suite/refusals.js';
import { requestTests } from '../suite/requests.js';
import { responseTests } from '../suite/responses.js';
import { tunnelTests } from '../suite/tunnels.js';

const store = createPairStore();
afterAll(() => store.remove());
const files = [store.put('a', makeCertificate('a.test'))];
const certificates = createCertificates({ files, reloadMs: 3_600_000, clock: systemClock, log: silentLog });
const create: CreateEngine = (options) => createNativeEngine({ ...options, tls: { port: 0, certificates } });

describe('engine native over TLS', () => {
  assertPromises();
  describe('requests', () => requestTests(create));
  describe('refusals', () => refusalTests(create));
  describe('responses', () => responseTests(create));
  describe('answers', () => answerTests(create));
  describe('tunnels', () => tunnelTests(create));
  describe('lifecycle', () => lifecycleTests(create));
});
