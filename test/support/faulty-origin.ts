/**
 * An origin that fails as the target asks: `/PLAN/BYTES/ID`. What it sends and what it expects is the pattern from position ID on, so
 * that no part of one message can pass for a part of another.
 *
 * Beside what is asked for it closes connections that were idle, sometimes at once and sometimes just when the next request comes. Whose
 * request that hit it remembers: all others have a right to be answered as asked.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Random } from '../../src/random.js';
import { patternAt } from './pattern.js';
import { resetAtOnce } from './raw-socket.js';

/** How the answer goes; `tunnel…` are for requests to switch to another protocol, which then echoes. */
export const plans = [
  ...['fine', 'chunked', 'until-close', 'extra', 'early', 'refuse-reuse'],
  ...['close-before', 'reset-before', 'reset-once', 'reset-in-body', 'garbage', 'stall-before'],
  ...['close-mid', 'reset-mid', 'close-mid-chunked', 'reset-mid-chunked', 'stall-mid'],
] as const;
export const tunnelPlans = ['tunnel', 'tunnel-close', 'tunnel-reset', 'tunnel-refuse', 'tunnel-reset-before'] as const;
export type Plan = (typeof plans)[number] | (typeof tunnelPlans)[number] | 'probe';

export interface FaultyOrigin {
  readonly url: string;
  /** Open now. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** What several origins of one test share. */
export interface OriginNotes {
  /** Requests that met the end of an idle connection, by ID. */
  readonly hit: Set<number>;
  /** Requests that were once answered by a reset, and are answered well when they come again. */
  readonly failedOnce: Set<number>;
  /** Requests that arrived otherwise than they were sent. */
  readonly wrong: string[];
  /** How often each thing was done. */
  readonly done: Map<string, number>;
}

export const newNotes = (): OriginNotes => ({ hit: new Set(), failedOnce: new Set(), wrong: [], done: new Map() });

export const count = (counts: Map<string, number>, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

export async function startFaultyOrigin(notes: OriginNotes, random: Random): Promise<FaultyOrigin> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new Connection(socket, notes, random);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

interface Asked {
  readonly plan: Plan;
  readonly bytes: number;
  readonly id: number;
  readonly head: string;
}

/** At most so long after a response an idle connection is ended. */
const idleMsMax = 20;

class Connection {
  #text = '';
  #asked: Asked | undefined;
  #deaf = false;
  #tunnel: ((chunk: Buffer) => void) | undefined;
  #ending: 'at-reuse' | 'ended' | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly notes: OriginNotes,
    private readonly random: Random,
  ) {
    socket.on('error', () => undefined); // resets are part of the play
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => socket.end());
  }

  #onData(chunk: Buffer): void {
    if (this.#tunnel !== undefined) return this.#tunnel(chunk);
    if (this.#deaf) return;
    this.#text += chunk.toString('latin1');
    this.#read();
  }

  #read(): void {
    this.#asked ??= this.#readHead();
    const asked = this.#asked;
    if (asked === undefined) return;
    const body = bodyOf(asked.head, this.#text);
    if (body === undefined) return;
    this.#asked = undefined;
    if (body.text !== patternAt(asked.id, body.text.length).toString('latin1')) this.notes.wrong.push(`the body of ${asked.id}`);
    const rest = this.#text.slice(body.length);
    this.#text = rest;
    this.#answer(asked);
    if (rest === '') return;
    // Who has its answer may go on as soon as the request is written; nobody else may.
    if (asked.plan === 'early') return this.#read();
    this.notes.wrong.push(`bytes behind ${asked.id}: ${rest.slice(0, 80)}`);
  }

  /** Some things are done as soon as the head is there. */
  #readHead(): Asked | undefined {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 4);
    const [, plan = 'probe', bytes = '0', id = '0'] = /^[A-Z]+ \/([a-z-]+)\/(\d+)\/(\d+) HTTP/.exec(head) ?? [];
    const asked: Asked = { plan: plan as Plan, bytes: Number(bytes), id: Number(id), head }; // the clients take it from the same list
    if (this.#ending !== undefined) return this.#refuse(asked);
    if (asked.plan === 'reset-in-body') return this.#end(asked.plan, 'reset');
    if (asked.plan === 'early') this.#send(framed(asked));
    return asked;
  }

  /** The end of an idle connection and a request have met. */
  #refuse({ id, plan }: Asked): undefined {
    if (plan !== 'probe') this.notes.hit.add(id);
    count(this.notes.done, this.#ending === 'ended' ? 'closed while idle, hit' : 'closed at reuse');
    this.#deaf = true;
    if (this.random.next() < 0.5) this.socket.destroy();
    else resetAtOnce(this.socket);
  }

  #end(what: string, how: 'close' | 'reset' | 'stall'): undefined {
    count(this.notes.done, what);
    this.#deaf = true;
    if (how === 'close') this.socket.end();
    if (how === 'reset') resetAtOnce(this.socket);
  }

  #answer(asked: Asked): void {
    const { plan, id } = asked;
    if (plan.startsWith('tunnel')) return this.#switch(asked);
    if (plan === 'close-before') return this.#end(plan, 'close');
    if (plan === 'reset-before') return this.#end(plan, 'reset');
    if (plan === 'stall-before') return this.#end(plan, 'stall');
    if (plan === 'reset-once' && !this.notes.failedOnce.has(id)) {
      this.notes.failedOnce.add(id);
      return this.#end(plan, 'reset');
    }
    if (plan === 'garbage') {
      this.#send(Buffer.from('220 mail.example ESMTP\r\n'));
      return this.#end(plan, 'stall');
    }
    if (plan.includes('-mid')) return this.#breakOff(asked);
    count(this.notes.done, plan);
    if (plan === 'early') return; // it was answered before its body had come; and the body came after all
    this.#send(framed(asked), plan === 'extra' ? Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil') : Buffer.alloc(0));
    if (plan === 'until-close') this.socket.end();
    else this.#becomeIdle(plan);
  }

  #send(...pieces: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(pieces));
  }

  /** Half of the answer, which is sent before what follows. */
  #breakOff(asked: Asked): void {
    const whole = framed(asked);
    const how = asked.plan.startsWith('reset') ? 'reset' : asked.plan.startsWith('close') ? 'close' : 'stall';
    this.#deaf = true;
    this.socket.write(whole.subarray(0, whole.length - Math.ceil(asked.bytes / 2)), () => this.#end(asked.plan, how));
  }

  #becomeIdle(plan: Plan): void {
    const chance = this.random.next();
    if (plan === 'refuse-reuse' || chance < 0.02) this.#ending = 'at-reuse';
    else if (chance < 0.06) setTimeout(() => this.#endIdle(), this.random.below(idleMsMax));
  }

  #endIdle(): void {
    if (this.#asked !== undefined || this.#text !== '' || this.#deaf || this.#tunnel !== undefined) return;
    count(this.notes.done, 'closed while idle');
    this.#ending = 'ended';
    this.socket.end();
  }

  // ---- another protocol

  #switch(asked: Asked): void {
    const { plan } = asked;
    if (plan === 'tunnel-reset-before') return this.#end(plan, 'reset');
    count(this.notes.done, plan);
    if (plan === 'tunnel-refuse') return this.#send(Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
    let left = plan === 'tunnel' ? Infinity : 1 + this.random.below(asked.bytes);
    this.#tunnel = (chunk) => {
      if (left <= 0) return;
      this.socket.write(chunk.subarray(0, Math.min(chunk.length, left)));
      left -= chunk.length;
      if (left <= 0) this.#end('in a tunnel', plan === 'tunnel-close' ? 'close' : 'reset');
    };
    this.#send(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'));
  }
}

function framed({ plan, bytes, id }: Asked): Buffer {
  const body = patternAt(id, bytes);
  const head = (framing: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\n${framing}\r\n`);
  if (plan === 'until-close') return Buffer.concat([head(''), body]);
  if (!plan.includes('chunked')) return Buffer.concat([head(`Content-Length: ${bytes}\r\n`), body]);
  const pieces = [head('Transfer-Encoding: chunked\r\n')];
  for (let from = 0; from < bytes; from += 10_000) {
    const piece = body.subarray(from, from + 10_000);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

/** Undefined: more is to come. `length` is what it takes on the wire. */
function bodyOf(head: string, rest: string): { readonly text: string; readonly length: number } | undefined {
  if (!/^transfer-encoding:/im.test(head)) {
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    return rest.length < length ? undefined : { text: rest.slice(0, length), length };
  }
  let text = '';
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.slice(at, line), 16);
    const end = line + 2 + size + 2;
    if (line < 0 || rest.length < end) return undefined;
    text += rest.slice(line + 2, end - 2);
    at = end;
    if (size === 0) return { text, length: at };
  }
}
