/**
 * The origin that all forward to, as cheap as Node lets it be: each request gets the same bytes. It stands among the contenders as
 * the floor, and never closes a connection: who asked it to does so.
 */
import { createServer } from 'node:net';
import { inNode, type Place } from '../../harness/contender.js';

export const body = 'x'.repeat(100);

export const origin = inNode({ name: 'origin', file: import.meta.url });

const response = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
const headEnd = Buffer.from('\r\n\r\n');

export function serve({ address, port }: Place): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(headEnd); at >= 0; at = chunk.indexOf(headEnd, at + 4)) socket.write(response);
    });
  });
  server.listen(port, address);
}
