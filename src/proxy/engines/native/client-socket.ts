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

interface Handle {
  useUserBuffer?: unknown;
}

type Accepted = Socket & { _handle?: Handle | null };
type Options = SocketConstructorOpts & Pick<TcpNetConnectOpts, 'onread'> & { readonly handle: Handle };

/**
 * To be called when the socket has just been accepted.
 *
 * @param onData gets bytes that are its own
 * @returns the socket to use from now on; undefined: the one that was given, as any other
 */
export function readInto(buffer: ReadBuffer, accepted: Socket, onData: (chunk: Buffer) => void): Socket | undefined {
  const from: Accepted = accepted;
  const handle = from._handle;
  if (handle === null || typeof handle?.useUserBuffer !== 'function') return undefined;
  const callback = (bytes: number, filled: Uint8Array): boolean => {
    onData(buffer.taken(filled as Buffer, bytes)); // it is what `next` gave
    return true;
  };
  const options: Options = { handle, allowHalfOpen: true, readable: true, writable: true, onread: { buffer: buffer.next, callback } };
  from._handle = null; // or it would close the connection
  from.destroy();
  return new Socket(options);
}
