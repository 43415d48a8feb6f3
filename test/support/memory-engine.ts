/**
 * An engine without sockets: the test plays the client and the origin by hand, event by event, so that every order of
 * events can be had, and the virtual clock decides every race.
 *
 * It holds the gateway to the contract of `src/proxy/engines/engine.ts`: a call that the contract forbids is written into
 * `violations`, which each test expects to be empty. Call-backs never come from within a call of the gateway; what must
 * come by itself (`onEnd` of a request without a body, `onSent`) waits for the test's next step or for `flush`.
 */
import type {
  Attempt,
  AttemptListener,
  ClientInfo,
  CreateEngine,
  Downstream,
  DownstreamListener,
  EngineOptions,
  Origin,
  Prepared,
  ResponseHead,
  TunnelListener,
  UpstreamRequest,
} from '../../src/proxy/engines/engine.js';
import type { FaultCode } from '../../src/proxy/fault.js';
import { fieldValue, type Fields } from '../../src/proxy/fields.js';
import { createHandshakeTally } from '../../src/proxy/handshake-fault.js';

export interface RequestOptions {
  readonly method?: string;
  readonly target?: string;
  readonly version?: '1.0' | '1.1';
  readonly fields?: Fields;
  readonly bodyBytes?: number | undefined;
  readonly client?: Partial<ClientInfo>;
  readonly upgrade?: string;
  /** Whether `onSent` follows an end by itself; true unless said otherwise. */
  readonly takesTheEnd?: boolean;
}

/** The client's side of one exchange. */
export interface MemoryClient {
  data(text: string): void;
  end(): void;
  drain(): void;
  leave(code?: 'client-aborted' | 'malformed-request' | 'request-timeout'): void;
  /** How many writes are taken before `write` answers false; Infinity at first. */
  window: number;
  takesTheEnd: boolean;
  /** A field that the engine refuses to write, as it does with CR and LF. */
  refuses: string | undefined;
  readonly flowing: boolean;
  readonly resumed: number;
  readonly informed: readonly { readonly status: number; readonly fields: Fields }[];
  readonly head: ResponseHead | undefined;
  readonly close: boolean | undefined;
  readonly body: string;
  readonly state: 'open' | 'ended' | 'cut' | 'left';
  field(lowerName: string): string | undefined;
}

/** The origin's side of one attempt. */
export interface MemoryAttempt {
  readonly request: UpstreamRequest;
  readonly origin: Origin;
  readonly tunnel: boolean;
  connect(reused?: boolean): void;
  inform(status: number, fields?: Fields): void;
  head(status: number, fields?: Fields, bodyBytes?: number | undefined): void;
  data(text: string): void;
  end(): void;
  drain(): void;
  fault(code: FaultCode, detail?: string): void;
  /** Tunnels only. */
  closed(bytesUp: number, bytesDown: number): void;
  window: number;
  readonly flowing: boolean;
  readonly body: string;
  readonly requestEnded: boolean;
  readonly aborted: boolean;
  field(lowerName: string): string | undefined;
}

export interface MemoryEngine {
  readonly create: CreateEngine;
  readonly attempts: MemoryAttempt[];
  readonly violations: string[];
  /** Requests that got a prepared answer. */
  repeats: number;
  /** Answers `send` and `tunnel` with a RangeError, as for a request that cannot be written. */
  refusesRequests: boolean;
  request(options?: RequestOptions): MemoryClient;
  /** Delivers what is due by itself. */
  flush(): void;
  options(): EngineOptions;
}

export function createMemoryEngine(): MemoryEngine {
  const violations: string[] = [];
  const attempts: MemoryAttempt[] = [];
  const due: (() => void)[] = [];
  let options: EngineOptions | undefined;
  const flush = (): void => {
    for (let task = due.shift(); task !== undefined; task = due.shift()) task();
  };
  const world: World = { violations, due, flush, step: (event) => (flush(), event(), flush()) };
  const tunnels = new WeakMap<Downstream, (status: number) => void>();
  const engine: MemoryEngine = {
    attempts,
    violations,
    refusesRequests: false,
    repeats: 0,
    flush,
    options: () => options ?? raise('the engine was not created'),
    request(request = {}) {
      const { client, downstream, answeredByTunnel, repeat } = memoryClient(world, request, options?.onRepeated !== undefined);
      const prepared = request.takesTheEnd === false ? undefined : options?.onRepeated?.(repeat.text, downstream.client);
      if (prepared !== undefined) {
        engine.repeats += 1;
        repeat.answer(prepared);
        return client;
      }
      tunnels.set(downstream, answeredByTunnel);
      world.step(() => options?.onExchange(downstream));
      return client;
    },
    create(given) {
      options = given;
      const refuse = (): void => {
        if (engine.refusesRequests) throw new RangeError('field with a line break');
      };
      return {
        name: 'memory',
        stats: {
          connections: 0,
          connectionsTotal: 0,
          connectionsRefusedTotal: 0,
          handshakeFaults: createHandshakeTally(),
          originConnections: 0,
          originConnectionsTotal: 0,
          bytesIn: () => 0,
          bytesOut: () => 0,
        },
        address: () => given.listen,
        secureAddress: () => undefined,
        start: () => Promise.resolve(),
        stop: () => Promise.resolve(),
        forward: {
          send(upstream, origin, listener) {
            refuse();
            const { driver, attempt } = memoryAttempt(world, upstream, origin, listener, undefined);
            attempts.push(driver);
            return attempt;
          },
          tunnel(downstream, upstream, origin, listener) {
            refuse();
            const { driver, attempt } = memoryAttempt(world, upstream, origin, listener, tunnels.get(downstream));
            attempts.push(driver);
            return attempt;
          },
          close() {},
        },
      };
    },
  };
  return engine;
}

interface World {
  readonly violations: string[];
  readonly due: (() => void)[];
  readonly flush: () => void;
  readonly step: (event: () => void) => void;
}

function raise(message: string): never {
  throw new Error(message);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface ClientSide {
  readonly client: MemoryClient;
  readonly downstream: Downstream;
  /** The head that a tunnel sends in the gateway's place. */
  readonly answeredByTunnel: (status: number) => void;
  /** The head as text, and the answer to it without an exchange. */
  readonly repeat: { readonly text: string; readonly answer: (prepared: Prepared) => void };
}

/** Between a head and a body that are one text. */
const headEnd = '\r\n\r\n';

function memoryClient(world: World, options: RequestOptions, repeats: boolean): ClientSide {
  const { method = 'GET', target = '/', version = '1.1', fields = ['Host', 'www.example.org'] } = options;
  const bodyBytes = 'bodyBytes' in options ? options.bodyBytes : 0;
  let listener: DownstreamListener | undefined;
  let requestEnded = bodyBytes === 0;
  const forbid = (what: string, wrong: boolean): void => void (wrong && world.violations.push(`downstream ${method} ${target}: ${what}`));
  const over = (): boolean => client.state !== 'open';
  const tell = (event: (to: DownstreamListener) => void): void =>
    world.step(() => void (listener !== undefined && !over() && event(listener)));
  const client: Writable<MemoryClient> = {
    window: Infinity,
    takesTheEnd: options.takesTheEnd ?? true,
    refuses: undefined,
    flowing: false,
    resumed: 0,
    informed: [],
    head: undefined,
    close: undefined,
    body: '',
    state: 'open',
    field: (lowerName) => fieldValue(client.head?.fields ?? [], lowerName),
    data: (text) =>
      tell((to) => {
        if (!client.flowing || requestEnded) raise(`${method} ${target}: the body does not flow`);
        to.onData(Buffer.from(text));
      }),
    end() {
      requestEnded = true;
      tell((to) => to.onEnd());
    },
    drain: () => tell((to) => to.onDrain()),
    leave(code = 'client-aborted') {
      world.flush();
      const wasOver = over();
      if (client.state === 'open') client.state = 'left';
      if (!wasOver) world.step(() => listener?.onAbort(code));
    },
  };
  const sent = (): void => {
    if (client.state !== 'open') return;
    client.state = 'ended';
    listener?.onSent();
  };
  let ended = false;
  const downstream: Downstream = {
    request: { method, target, version, fields, bodyBytes },
    client: { address: '192.0.2.7', port: 4711, secure: false, ...options.client },
    isNext: true,
    get repeatable() {
      if (!repeats || client.close !== false || version !== '1.1' || bodyBytes !== 0 || options.upgrade !== undefined) return undefined;
      return { text: repeat.text, render: (head: ResponseHead) => `${JSON.stringify(head)}${headEnd}` };
    },
    upgrade: options.upgrade,
    listen(given) {
      forbid('listen twice', listener !== undefined);
      listener = given;
      if (requestEnded) world.due.push(() => void (!over() && given.onEnd()));
    },
    resume() {
      forbid('resume before listen', listener === undefined);
      client.flowing = true;
      client.resumed += 1;
    },
    pause: () => void (client.flowing = false),
    inform(status, informFields) {
      forbid('inform after respond', client.head !== undefined);
      client.informed = [...client.informed, { status, fields: informFields }];
    },
    respond(head, close) {
      forbid('respond before listen', listener === undefined);
      forbid('respond twice', client.head !== undefined);
      forbid('respond when it is over', over());
      forbid('fields are not pairs', head.fields.length % 2 !== 0);
      if (client.refuses !== undefined && head.fields.includes(client.refuses)) throw new RangeError('field with a line break');
      client.head = head;
      client.close = close;
    },
    write(chunk) {
      forbid('write without a head', client.head === undefined);
      forbid('write when it is over', over() || ended);
      client.body += chunk.toString('latin1');
      client.window -= 1;
      return client.window > 0;
    },
    end(last) {
      forbid('end without a head', client.head === undefined);
      forbid('end when it is over', over() || ended);
      ended = true;
      client.body += last?.toString('latin1') ?? '';
      if (client.takesTheEnd) world.due.push(sent);
    },
    abort() {
      forbid('abort when the client has left', client.state === 'left' || client.state === 'cut');
      client.state = 'cut';
    },
  };
  const repeat = {
    text: JSON.stringify([method, target, version, bodyBytes, fields]),
    answer({ text, body }: Prepared) {
      const end = text.indexOf(headEnd);
      client.head = JSON.parse(text.slice(0, end)) as ResponseHead; // `render` below made it
      client.close = false;
      client.body = text.slice(end + headEnd.length) + (body?.toString('latin1') ?? '');
      client.state = 'ended';
    },
  };
  const answeredByTunnel = (status: number): void => {
    forbid('respond and tunnel', client.head !== undefined);
    client.head = { status, reason: '', fields: [], bodyBytes: undefined };
  };
  return { client, downstream, answeredByTunnel, repeat };
}

function memoryAttempt(
  world: World,
  request: UpstreamRequest,
  origin: Origin,
  listener: AttemptListener | TunnelListener,
  answeredByTunnel: ((status: number) => void) | undefined,
): { driver: MemoryAttempt; attempt: Attempt } {
  let over = false;
  const forbid = (what: string, wrong: boolean): void => void (wrong && world.violations.push(`attempt at ${origin.name}: ${what}`));
  const tell = (event: () => void): void => world.step(() => void (!over && event()));
  const last = (event: () => void): void =>
    tell(() => {
      over = true;
      event();
    });
  const plain = listener as AttemptListener; // the test knows which kind of attempt it plays
  const tunnel = listener as TunnelListener;
  forbid('fields are not pairs', request.fields.length % 2 !== 0);
  const driver: Writable<MemoryAttempt> = {
    request,
    origin,
    tunnel: answeredByTunnel !== undefined,
    window: Infinity,
    flowing: true,
    body: '',
    requestEnded: false,
    aborted: false,
    field: (lowerName) => fieldValue(request.fields, lowerName),
    connect: (reused = false) => tell(() => listener.onConnect(reused)),
    inform: (status, fields = []) => tell(() => plain.onInform(status, fields)),
    head(status, fields = [], ...rest) {
      const bodyBytes = rest.length === 0 ? undefined : rest[0];
      tell(() => {
        answeredByTunnel?.(status);
        if (answeredByTunnel === undefined) plain.onHead({ status, reason: 'Reason', fields, bodyBytes });
        else tunnel.onHead(status);
      });
    },
    data: (text) =>
      tell(() => {
        if (!driver.flowing) raise(`attempt at ${origin.name}: the response is paused`);
        plain.onData(Buffer.from(text));
      }),
    end: () => last(() => plain.onEnd()),
    drain: () => tell(() => plain.onDrain()),
    fault: (code, detail = '') => last(() => listener.onFault(code, detail)),
    closed: (up, down) => last(() => tunnel.onClose(up, down)),
  };
  const attempt: Attempt = {
    write(chunk) {
      forbid('write after the end of the request', driver.requestEnded);
      forbid('write when it is over', over);
      driver.body += chunk.toString('latin1');
      driver.window -= 1;
      return driver.window > 0;
    },
    end() {
      forbid('end twice', driver.requestEnded);
      driver.requestEnded = true;
    },
    pause: () => void (driver.flowing = false),
    resume: () => void (driver.flowing = true),
    abort() {
      forbid('abort twice', driver.aborted);
      over = true;
      driver.aborted = true;
    },
  };
  return { driver, attempt };
}
