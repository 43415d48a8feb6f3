/**
 * The conformance suite of engines, as a function: a new engine is tested by one line. It knows nothing but the contract of
 * `engine.ts`, and has raw sockets on both ends, so that what counts is bytes.
 */
import { describe } from 'vitest';
import type { CreateEngine } from '../../src/proxy/engines/engine.js';
import { assertPromises } from '../proxy/engines/suite/harness.js';
import { answerTests } from '../proxy/engines/suite/answers.js';
import { lifecycleTests } from '../proxy/engines/suite/lifecycle.js';
import { originConnectionTests } from '../proxy/engines/suite/origin-connections.js';
import { refusalTests } from '../proxy/engines/suite/refusals.js';
import { requestTests } from '../proxy/engines/suite/requests.js';
import { responseTests } from '../proxy/engines/suite/responses.js';
import { tunnelTests } from '../proxy/engines/suite/tunnels.js';
import { upstreamTests } from '../proxy/engines/suite/upstream.js';

export function engineSuite(name: string, create: CreateEngine): void {
  describe(`engine ${name}`, () => {
    assertPromises();
    describe('requests', () => requestTests(create));
    describe('refusals', () => refusalTests(create));
    describe('responses', () => responseTests(create));
    describe('upstream', () => upstreamTests(create));
    describe('connections to an origin', () => originConnectionTests(create));
    describe('answers', () => answerTests(create));
    describe('tunnels', () => tunnelTests(create));
    describe('lifecycle', () => lifecycleTests(create));
  });
}
