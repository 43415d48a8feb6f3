/**
 * Breaks a connection off so that the other side cannot take what it has for all there is.
 */
import type { Socket } from 'node:net';

/**
 * node's `resetAndDestroy` waits, by way of `destroySoon`, until all that is queued was sent, which a client that does not read can
 * put off for ever; the `destroy` after it does not wait. While a FIN is on its way libuv refuses to reset: then a FIN is all there
 * is, and it is only so when the response is complete.
 *
 * @param raw the TCP socket: the same, or the one under TLS
 */
export function resetSocket(socket: Socket, raw: Socket): void {
  if (socket.destroyed) return;
  raw.destroySoon = () => undefined;
  if (!socket.writableEnded) raw.resetAndDestroy();
  raw.destroy();
  socket.destroy();
}
