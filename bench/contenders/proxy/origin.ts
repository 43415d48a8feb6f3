/**
 * The origin that all forward to, as cheap as Node lets it be: the same bytes for each request of a path. It stands among the
 * contenders as the floor, and never closes a connection: who asked it to does so.
 */
import { createServer } from 'node:net';
import { inNode, type Place } from '../../harness/contender.js';

/** What `/` and `/large` bring; in the large one no two kilobytes are the same. */
export const bodies = { '/': Buffer.alloc(100, 'x'), '/large': Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 2654435761) >>> 20)) };
export type BodyPath = keyof typeof bodies;

export const origin = inNode({ name: 'origin', file: import.meta.url });

const response = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
const [small, large] = [response(bodies['/']), response(bodies['/large'])];
const headEnd = Buffer.from('\r\n\r\n');

export function serve({ address, port }: Place): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const answer = chunk.includes(' /large ') ? large : small; // nobody asks for both at once
      for (let at = chunk.indexOf(headEnd); at >= 0; at = chunk.indexOf(headEnd, at + 4)) socket.write(answer);
    });
  });
  server.listen(port, address);
}
