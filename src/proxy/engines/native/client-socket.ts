/**
 * An accepted socket that reads into a buffer of ours.
 *
 * Node offers `onread` for sockets that it connects, not for those that it accepts, and the 64 KiB that it takes for each read
 * otherwise are a third of all that a small answer costs. So the connection is moved, before anything was read off it, from the socket that
 * Node made to one that is made with `onread`. Both ends of that are Node's own ways, and not in its documentation: `handle`, by which
 * its servers make their sockets, and `_handle`. Where they are not as expected the socket stays as it is.
 */
import { Socket, type SocketConstructorOpts, type TcpNetConnectOpts } from 'node:net';
import type { ReadBuffer } from './read-buffer.js';

export interface ClientSocketOwner {
  /** @param read so many bytes of it, for the time of the call. @returns whether they need no more reading */
  answersAtOnce(read: Buffer, bytes: number): boolean;
  /** @param chunk is the callee's */
  onData(chunk: Buffer): void;
}

interface Handle {
  useUserBuffer?: unknown;
}

type Accepted = Socket & { _handle?: Handle | null };
type Options = SocketConstructorOpts & Pick<TcpNetConnectOpts, 'onread'> & { readonly handle: Handle };

/**
 * To be called when the socket has just been accepted.
 *
 * @returns the socket to use from now on; undefined: the one that was given, as any other
 */
export function readInto(buffer: ReadBuffer, accepted: Socket, owner: () => ClientSocketOwner): Socket | undefined {
  const from: Accepted = accepted;
  const handle = from._handle;
  if (handle === null || typeof handle?.useUserBuffer !== 'function') return undefined;
  const callback = (bytes: number, filled: Uint8Array): boolean => {
    const read = filled as Buffer; // it is what `next` gave
    const reader = owner();
    if (!buffer.isShared(read) || !reader.answersAtOnce(read, bytes)) reader.onData(buffer.taken(read, bytes));
    return true;
  };
  const options: Options = { handle, allowHalfOpen: true, readable: true, writable: true, onread: { buffer: buffer.next, callback } };
  from._handle = null; // or it would close the connection
  from.destroy();
  return new Socket(options);
}
