/**
 * One connection to an origin: requests go out, responses are read off it, one at a time.
 *
 * An idle connection must be silent. Whatever an origin says unasked would be taken for the response to the next request,
 * which is somebody else's: so a single byte on an idle connection, or behind a response, ends it.
 */
import type { Socket } from 'node:net';
import { stopTimeout, type Timed, type TimeoutList } from '../../timeouts.js';
import type { Origin } from '../engine.js';
import { connectFault, errorDetail, type NodeError } from '../node-faults.js';
import { wasReset } from '../reset-detection.js';
import { BodyReader } from './body-reader.js';
import { HeadBuffer } from './head-buffer.js';
import { messageFacts } from './message-facts.js';
import { openOriginSocket } from './origin-socket.js';
import type { HeldConnection, OriginUser } from './origin-user.js';
import { isHeldUp } from './output.js';
import { ReadBuffer } from './read-buffer.js';
import { readResponseHead, type ReceivedHead } from './response-head.js';

/** What a connection needs of the pool that it belongs to. */
export interface OriginConnectionOwner {
  /** Connected now. */
  onOpen(): void;
  /** May carry another request. */
  onIdle(connection: OriginConnection): void;
  /** The last one of TLS with this origin, to be resumed. */
  session: Buffer | undefined;
  /** @param raced it had been idle, and ended before it answered the next request. */
  onClosed(connection: OriginConnection, wasOpen: boolean, raced: boolean): void;
}

/** Of a response's head, with its interim ones each. */
const headBytesMax = 65_536;

export class OriginConnection implements HeldConnection {
  dueMs = 0;
  list: TimeoutList | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly socket: Socket;
  readonly #owner: OriginConnectionOwner;
  readonly #origin: Origin;
  readonly #head = new HeadBuffer();
  readonly #body = new BodyReader();
  readonly #buffer = new ReadBuffer();
  #user: OriginUser | undefined;
  /** Begun on it, all in all. */
  requests = 0;
  /** When it was asked for. */
  bornMs = 0;
  /** Known where it may change. */
  #address = '';
  #open = false;
  #reused = false;
  #inBody = false;
  #persistent = false;
  #paused = false;
  #unread: Buffer | undefined;
  #error: NodeError | undefined;
  /** Another protocol has it; so has this listener. */
  #taken: ((chunk: Buffer) => void) | undefined;

  constructor(origin: Origin, user: OriginUser, owner: OriginConnectionOwner) {
    this.#origin = origin;
    this.#owner = owner;
    this.#user = user;
    this.socket = openOriginSocket(origin, {
      buffer: this.#buffer,
      sessions: owner,
      onAddress: (address) => void (this.#address = address),
      onOpen: () => this.#onOpen(),
      onData: (chunk) => this.#onData(chunk),
    });
    const { socket } = this;
    socket.on('drain', () => this.#user?.onDrain());
    socket.on('end', () => this.#onOriginEnd());
    socket.on('error', (error: NodeError) => (this.#error ??= error));
    socket.on('close', () => this.#onClose());
    user.onConnection(this);
  }

  /** Idle, the origin has not ended it meanwhile, and has not moved. */
  get isUsable(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded && this.socket.writable && this.isCurrent;
  }

  /** To an address that the origin still has. */
  get isCurrent(): boolean {
    return this.#origin.addresses?.includes(this.#address) !== false;
  }

  // ---- requests

  #onOpen(): void {
    this.#open = true;
    this.#owner.onOpen();
    const user = this.#user;
    if (user === undefined || user.isOver) return this.destroy();
    this.#ask(user);
    user.onConnect(false);
  }

  /** Another request, on a connection that is idle. `onConnect` comes at once with `now`, else when the caller has returned. */
  begin(user: OriginUser, now: boolean): void {
    this.#user = user;
    this.#reused = true;
    stopTimeout(this);
    user.onConnection(this);
    this.#ask(user);
    if (now) user.onConnect(true);
    else process.nextTick(tellReused, user);
  }

  #ask({ head }: OriginUser): void {
    this.requests += 1;
    this.#persistent = false;
    this.#inBody = false;
    this.send(head);
  }

  send(piece: string | Buffer): void {
    this.socket.write(piece, 'latin1');
  }

  sendAll(pieces: readonly (string | Buffer)[]): void {
    this.socket.cork();
    for (const piece of pieces) this.socket.write(piece, 'latin1');
    this.socket.uncork();
  }

  get isBlocked(): boolean {
    return isHeldUp(this.socket);
  }

  // ---- responses

  #onData(chunk: Buffer): void {
    if (this.#taken !== undefined) return this.#taken(chunk);
    if (this.#user === undefined) return this.destroy();
    const unread = this.#unread;
    this.#unread = undefined;
    this.#read(unread === undefined ? chunk : Buffer.concat([unread, chunk]));
  }

  #read(chunk: Buffer): void {
    let at = 0;
    for (;;) {
      const user = this.#user;
      if (user === undefined || user.isOver || this.#taken !== undefined) return;
      if (this.#paused) return this.#keep(chunk, at);
      if (this.#inBody) {
        const step = this.#body.next(chunk, at);
        at = this.#body.at;
        if (step === 'more') return;
        if (step === 'data') user.onData(pieceOf(chunk, this.#body));
        else if (step === 'end') return this.#complete(user, at === chunk.length);
        else return this.#fail('invalid-response', 'bad chunk');
      } else {
        if (at === chunk.length) return;
        at = this.#readHead(user, chunk, at);
        if (at < 0) return;
      }
    }
  }

  #keep(chunk: Buffer, at: number): void {
    this.#unread = at === chunk.length ? undefined : chunk.subarray(at);
  }

  #readHead(user: OriginUser, chunk: Buffer, from: number): number {
    const end = this.#head.push(chunk, from);
    if (end < 0) this.#checkPartial(this.#head.dueText());
    else if (this.#head.text.length > headBytesMax) this.#fail('response-fields-too-large', '');
    else {
      const { text } = this.#head;
      const head = readResponseHead(text, user.request.method);
      if (head === undefined) this.#fail('invalid-response', 'bad head');
      else if (head.status === 101) return this.#onSwitch(user, head, chunk, end);
      else {
        if (head.status >= 200) this.#beginBody(user, head);
        else if (head.status !== 100) user.onInform(head.status, head.fields); // 100 is between us and the origin
        return end;
      }
    }
    return -1;
  }

  #checkPartial(text: string | undefined): void {
    if (text === undefined) return;
    if (text.length > headBytesMax) this.#fail('response-fields-too-large', '');
    else if (!text.startsWith('HTTP/1.'.slice(0, text.length))) this.#fail('invalid-response', 'no HTTP');
    else if (bareLineFeed.test(text)) this.#fail('invalid-response', 'bad head'); // it may look complete to whoever sent it
  }

  #beginBody(user: OriginUser, head: ReceivedHead): void {
    const { end, bodyBytes, fields, version } = head;
    this.#inBody = true;
    this.#persistent = end !== 'close' && !head.isDubious && messageFacts(fields, version).persistent;
    this.#body.begin(end, bodyBytes ?? 0);
    user.onHead(head);
  }

  #onSwitch(user: OriginUser, head: ReceivedHead, chunk: Buffer, at: number): number {
    const { upgrade } = messageFacts(head.fields, '1.1');
    if (user.upgrade === undefined) this.#fail('invalid-response', 'unasked 101');
    else if (upgrade !== user.upgrade) this.#fail('invalid-response', 'not the protocol that was asked for');
    else {
      this.#keep(chunk, at);
      user.onHead(head);
    }
    return -1;
  }

  #complete(user: OriginUser, isAll: boolean): void {
    this.#user = undefined;
    this.#inBody = false;
    this.#paused = false;
    this.#buffer.release();
    if (isAll && this.#persistent && user.isComplete && !this.socket.destroyed) this.#owner.onIdle(this);
    else this.destroy();
    user.onEnd();
  }

  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    process.nextTick(readOn, this);
  }

  readOn(): void {
    if (this.#paused || this.socket.destroyed) return;
    const unread = this.#unread ?? nothing;
    this.#unread = undefined;
    this.#read(unread);
    if (!this.#paused) this.socket.resume();
  }

  // ---- ends

  #onOriginEnd(): void {
    const user = this.#user;
    if (this.#taken !== undefined) return;
    const isEnd = user !== undefined && this.#inBody && this.#body.endsWithConnection;
    if (isEnd && !(user.isComplete && wasReset(this.socket))) return this.#complete(user, false);
    this.destroy();
  }

  #onClose(): void {
    stopTimeout(this);
    this.#owner.onClosed(this, this.#open, this.#reused && this.#user?.isOver === false && !this.#inBody);
    const error = this.#error;
    const detail = error === undefined ? 'closed' : errorDetail(error);
    if (!this.#open) this.#fail(error === undefined ? 'connect-failed' : connectFault(error, this.#origin.scheme === 'https'), detail);
    else this.#fail(this.#inBody ? 'reset-mid-response' : 'reset-before-response', detail);
  }

  #fail(code: Parameters<OriginUser['onFault']>[0], detail: string): void {
    const user = this.#user;
    this.#user = undefined;
    this.destroy();
    user?.onFault(code, detail);
  }

  destroy(): void {
    this.socket.destroy();
  }

  // ---- another protocol

  /** From now on the bytes are the caller's, beginning with those that this returns. */
  take(onData: (chunk: Buffer) => void): Buffer {
    this.#taken = onData;
    this.#user = undefined;
    return this.#unread ?? nothing;
  }
}

const bareLineFeed = /(?<!\r)\n/;
const nothing = Buffer.alloc(0);

/** The common case makes no view. */
const pieceOf = (chunk: Buffer, { from, to }: BodyReader): Buffer => (to - from === chunk.length ? chunk : chunk.subarray(from, to));

function readOn(connection: OriginConnection): void {
  connection.readOn();
}

function tellReused(user: OriginUser): void {
  user.onConnect(true);
}
