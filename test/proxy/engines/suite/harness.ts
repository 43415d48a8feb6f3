/**
 * The gateway's place, taken by the test: every exchange and attempt is recorded, and the promises that `engine.ts` makes to
 * listeners are checked on each call-back. `assertPromises` is called after every test.
 */
import { afterEach, expect } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../../src/clock.js';
import type {
  Attempt, AttemptListener, ClientInfo, CreateEngine, Downstream, DownstreamListener, Engine, EngineLimits, EngineOptions, EngineTimeouts,
  Origin, ResponseHead, TunnelListener, UpstreamRequest,
} from '../../../../src/proxy/engines/engine.js';
import type { FaultCode } from '../../../../src/proxy/fault.js';
import type { Fields } from '../../../../src/proxy/fields.js';
import type { HandshakeFault } from '../../../../src/proxy/handshake-fault.js';
import type { TrustedNetworks } from '../../../../src/proxy/trust.js';
import { connectRaw, connectSecure, type RawClient } from '../../../support/raw-client.js';
import { startLenientOrigin, type LenientOrigin } from '../../../support/lenient-origin.js';
import type { SocketAddress } from '../../../../src/service.js';
import type { RawSocket } from '../../../support/raw-socket.js';

export interface HarnessOptions {
  readonly limits?: Partial<EngineLimits>;
  readonly timeouts?: Partial<EngineTimeouts>;
  readonly onConnection?: (connection: RawSocket) => void;
  readonly alsoListen?: SocketAddress;
  readonly proxyProtocol?: TrustedNetworks;
  readonly tls?: EngineOptions['tls'];
}

/** For what has no event, such as a counter: looks again after each turn of the event loop. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** A list that can be waited for. */
export class Recording<T> {
  readonly items: T[] = [];
  #waiting: (() => void)[] = [];

  add(item: T): void {
    this.items.push(item);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async find(wanted: (item: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.items.find(wanted);
      if (found !== undefined) return found;
      await this.#change();
    }
  }

  async at(index: number): Promise<T> {
    for (;;) {
      const found = this.items[index];
      if (found !== undefined) return found;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

interface CallBack {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What one listener heard, and whether the engine kept its promises to it. */
export class Heard {
  readonly calls = new Recording<CallBack>();
  #over = false;
  #busy = 0;

  constructor(
    private readonly what: string,
    private readonly broken: string[],
  ) {}

  /** Around our own calls into the engine, from which it must not call back. */
  guard<T>(call: () => T): T {
    this.#busy += 1;
    try {
      return call();
    } finally {
      this.#busy -= 1;
    }
  }

  hear(name: string, terminal: boolean, ...args: readonly unknown[]): void {
    if (this.#busy > 0) this.broken.push(`${this.what}.${name}: synchronously`);
    if (this.#over) this.broken.push(`${this.what}.${name}: after the end`);
    if (terminal) this.#over = true;
    this.calls.add({ name, args });
  }

  /** We aborted: nothing may follow. */
  stop(): void {
    this.#over = true;
  }

  get names(): string[] {
    return this.calls.items.map(({ name }) => name);
  }

  async until(name: string): Promise<readonly unknown[]> {
    return (await this.calls.find((call) => call.name === name)).args;
  }

  /** All data so far, one character a byte. */
  get body(): string {
    const data = this.calls.items.filter(({ name }) => name === 'onData');
    return Buffer.concat(data.map(({ args }) => args[0] as Buffer)).toString('latin1'); // onData's argument
  }
}

export class HeardExchange extends Heard {
  constructor(
    readonly downstream: Downstream,
    broken: string[],
  ) {
    super(`downstream ${downstream.request.target}`, broken);
    const listener: DownstreamListener = {
      onData: (chunk) => this.hear('onData', false, chunk),
      onEnd: () => this.hear('onEnd', false),
      onDrain: () => this.hear('onDrain', false),
      onAbort: (code) => this.hear('onAbort', true, code),
      onSent: () => this.hear('onSent', true),
    };
    this.guard(() => downstream.listen(listener));
  }

  resume(): void {
    this.guard(() => this.downstream.resume());
  }

  respond(head: Partial<ResponseHead> & { readonly status: number }, close = false): void {
    this.guard(() => this.downstream.respond({ reason: '', fields: [], bodyBytes: 0, ...head }, close));
  }

  write(chunk: string | Buffer): boolean {
    return this.guard(() => this.downstream.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk));
  }

  end(last?: string): void {
    this.guard(() => this.downstream.end(last === undefined ? undefined : Buffer.from(last, 'latin1')));
  }

  /** A whole response. */
  answer(status: number, body = '', fields: Fields = [], close = false): void {
    this.respond({ status, fields, bodyBytes: body.length }, close);
    this.end(body === '' ? undefined : body);
  }

  abort(): void {
    this.stop();
    this.downstream.abort();
  }
}

export class HeardAttempt extends Heard implements AttemptListener {
  attempt!: Attempt; // set by `send`, which needs the listener first
  readonly onConnect = (reused: boolean): void => this.hear('onConnect', false, reused);
  readonly onInform = (status: number, fields: Fields): void => this.hear('onInform', false, status, fields);
  readonly onHead = (head: ResponseHead): void => this.hear('onHead', false, head);
  readonly onData = (chunk: Buffer): void => this.hear('onData', false, chunk);
  readonly onEnd = (): void => this.hear('onEnd', true);
  readonly onDrain = (): void => this.hear('onDrain', false);
  readonly onFault = (code: FaultCode, detail: string): void => this.hear('onFault', true, code, detail);

  async head(): Promise<ResponseHead> {
    return (await this.until('onHead'))[0] as ResponseHead; // onHead's argument
  }

  async fault(): Promise<FaultCode> {
    return (await this.until('onFault'))[0] as FaultCode; // onFault's argument
  }

  write(chunk: string | Buffer): boolean {
    return this.guard(() => this.attempt.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk));
  }

  end(): void {
    this.guard(() => this.attempt.end());
  }

  abort(): void {
    this.stop();
    this.attempt.abort();
  }
}

export class HeardTunnel extends Heard implements TunnelListener {
  tunnel!: Pick<Attempt, 'abort'>; // set by `tunnel`, which needs the listener first
  readonly onConnect = (reused: boolean): void => this.hear('onConnect', false, reused);
  readonly onHead = (status: number): void => this.hear('onHead', false, status);
  readonly onClose = (bytesUp: number, bytesDown: number): void => this.hear('onClose', true, bytesUp, bytesDown);
  readonly onFault = (code: FaultCode, detail: string): void => this.hear('onFault', true, code, detail);

  abort(): void {
    this.stop();
    this.tunnel.abort();
  }
}

export interface BrokenHandshake {
  readonly fault: HandshakeFault;
  readonly client: ClientInfo;
  readonly detail: string;
}

export interface Harness {
  readonly engine: Engine;
  /** Follows the real one, and may be advanced beyond it. */
  readonly clock: VirtualClock;
  readonly origin: LenientOrigin;
  /** Codes for which the engine asked for the page of a broken request. */
  readonly brokenRequests: FaultCode[];
  /** Why connections ended before their first request, and whose they were. */
  readonly brokenHandshakes: Recording<BrokenHandshake>;
  /** Over TLS if the engine serves that. */
  connect(): Promise<RawClient>;
  /** The next exchange that the engine presents. */
  exchange(): Promise<HeardExchange>;
  readonly exchanges: readonly HeardExchange[];
  /** To the lenient origin unless another is given. */
  send(request: Partial<UpstreamRequest>, origin?: Origin): HeardAttempt;
  tunnel(exchange: HeardExchange, request?: Partial<UpstreamRequest>, origin?: Origin): HeardTunnel;
  stop(): Promise<void>;
}

const limits: EngineLimits = {
  ...{ headerBytes: 4096, headersMax: 50, targetBytes: 1024, connectionsMax: 1000 },
  ...{ originConnectionsMax: 100, originIdleMax: 100, originRequestsMax: 1000 },
};
const timeouts: EngineTimeouts = {
  ...{ headersMs: 20_000, requestMs: 20_000, keepAliveMs: 20_000 },
  ...{ originKeepAliveMs: 20_000, originAgeMs: 3_600_000 },
};
const running = new Set<Harness>();
const promisesBroken: string[] = [];

/** Registers what must hold after every test, and stops what a test started. */
export function assertPromises(): void {
  afterEach(async () => {
    const still = [...running];
    running.clear();
    await Promise.all(still.map((harness) => harness.stop()));
    expect(promisesBroken.splice(0)).toEqual([]);
  });
}

export async function startHarness(create: CreateEngine, options: HarnessOptions = {}): Promise<Harness> {
  const clock = createVirtualClock();
  const origin = await startLenientOrigin(options.onConnection);
  const presented = new Recording<HeardExchange>();
  const brokenRequests: FaultCode[] = [];
  const brokenHandshakes = new Recording<BrokenHandshake>();
  const clients: RawClient[] = [];
  let taken = 0;
  const engine = create({
    listen: { address: '127.0.0.1', port: 0 },
    alsoListen: options.alsoListen,
    proxyProtocol: options.proxyProtocol,
    tls: options.tls,
    clock,
    limits: { ...limits, ...options.limits },
    timeouts: { ...timeouts, ...options.timeouts },
    onExchange: (downstream) => presented.add(new HeardExchange(downstream, promisesBroken)),
    onBrokenRequest: (code) => {
      brokenRequests.push(code);
      return { fields: ['Content-Type', 'text/plain'], body: Buffer.from(`broken: ${code}`) };
    },
    onBrokenHandshake: (fault, client, detail) => brokenHandshakes.add({ fault, client, detail }),
  });
  await engine.start();
  const ticking = keepTicking(clock);

  const harness: Harness = {
    engine,
    clock,
    origin,
    brokenRequests,
    brokenHandshakes,
    exchanges: presented.items,
    async connect() {
      const secure = engine.secureAddress();
      const client = secure === undefined ? await connectRaw(engine.address()) : await connectSecure(secure);
      clients.push(client);
      return client;
    },
    exchange: () => presented.at(taken++),
    send(request, to = origin.origin) {
      const heard = new HeardAttempt('attempt', promisesBroken);
      const whole = { method: 'GET', target: '/', fields: ['Host', 'o'], bodyBytes: 0, ...request };
      heard.attempt = heard.guard(() => engine.forward.send(whole, to, heard));
      return heard;
    },
    tunnel(exchange, request, to = origin.origin) {
      const heard = new HeardTunnel('tunnel', promisesBroken);
      const whole = { method: 'GET', target: exchange.downstream.request.target, fields: ['Host', 'o'], bodyBytes: 0, ...request };
      heard.tunnel = heard.guard(() => engine.forward.tunnel(exchange.downstream, whole, to, heard));
      return heard;
    },
    async stop() {
      running.delete(harness);
      for (const { socket } of clients) socket.destroy();
      await engine.stop(0);
      await origin.close();
      clearInterval(ticking);
    },
  };
  running.add(harness);
  return harness;
}

/** Whoever takes the clock's time for its limits sees real time pass, as does who takes node's; tests may advance it further. */
function keepTicking(clock: VirtualClock): NodeJS.Timeout {
  let toldMs = performance.now();
  return setInterval(() => {
    const nowMs = performance.now();
    clock.advance(nowMs - toldMs);
    toldMs = nowMs;
  }, 5);
}
