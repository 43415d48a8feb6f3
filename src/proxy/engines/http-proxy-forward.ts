/**
 * The upstream side of the `http-proxy` engine, and the only importer of http-proxy.
 *
 * http-proxy makes each request; it is handed a stand-in for the client's request, because the gateway owns the real one,
 * and through its `buffer` option, meant for a stream with the body, gives us the ClientRequest as soon as it exists.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Stream } from 'node:stream';
import httpProxy from 'http-proxy';
import type { Clock } from '../../clock.js';
import type { EngineLimits, EngineTimeouts, Forward } from './engine.js';
import { assertRequest } from './framing.js';
import { createAgents, type AgentStats } from './http-proxy-agents.js';
import { HttpAttempt } from './http-proxy-attempt.js';
import type { ClientSide } from './http-proxy-client-side.js';
import { openTunnel, type StandInSocket } from './http-proxy-tunnel.js';
import { proxyOptions, standInRequest } from './http-proxy-upstream.js';

/** When one side of a tunnel has ended, the other may finish what it was saying. WebSocket peers close both ways at once. */
const halfCloseMsMax = 10_000;

export interface HttpForward extends Forward {
  /** Ends everything under way, now; settles when all connections are closed. */
  cut(): Promise<void>;
}

export interface HttpForwardOptions {
  readonly limits: EngineLimits;
  readonly timeouts: EngineTimeouts;
  readonly clock: Clock;
  readonly stats: AgentStats;
  readonly clientSides: WeakMap<object, ClientSide>;
}

export function createHttpForward({ limits, timeouts, clock, stats, clientSides }: HttpForwardOptions): HttpForward {
  const agents = createAgents(limits, timeouts, stats, clock);
  const attempts = new Set<HttpAttempt>();
  const proxy = httpProxy.createProxyServer();
  proxy.on('error', () => undefined); // without a listener it throws; each call has its own call-back
  proxy.on('proxyReqWs', (made, _request, standIn) => (standIn as unknown as StandInSocket).adopt(made)); // it is what we passed

  return {
    send(request, origin, listener) {
      assertRequest(request);
      const attempt = new HttpAttempt(request, origin, listener, agents, (over) => attempts.delete(over));
      attempts.add(attempt);
      const buffer = { pipe: (made: ClientRequest) => attempt.adopt(made) };
      proxy.web(
        standInRequest(request.method, {}) as unknown as IncomingMessage, // all that http-proxy 1.18.1 uses of it
        { finished: false } as unknown as ServerResponse, // likewise
        { ...proxyOptions(origin, agents.for(origin)), buffer: buffer as unknown as Stream }, // likewise: it calls `pipe`
        (error) => attempt.onError(error),
      );
      return attempt;
    },
    tunnel(downstream, request, origin, listener) {
      assertRequest(request);
      const client = clientSides.get(downstream);
      if (client === undefined) throw new RangeError('only an exchange with an upgrade can become a tunnel');
      const options = proxyOptions(origin, agents.for(origin));
      const tunnel = { client, request, origin, listener, agents, clock, halfCloseMs: Math.min(timeouts.keepAliveMs, halfCloseMsMax) };
      return openTunnel(tunnel, (standInReq, standIn, onError) => {
        proxy.ws(standInReq as unknown as IncomingMessage, standIn, Buffer.alloc(0), options, onError); // as above
      });
    },
    close: () => agents.close(),
    cut() {
      for (const attempt of attempts) attempt.fail('stopping', '');
      return agents.destroy();
    },
  };
}
