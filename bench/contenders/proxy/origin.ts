/**
 * The origin that all forward to, as cheap as Node lets it be: the same bytes for each request of a path. It stands among the
 * contenders as the floor, and never closes a connection: who asked it to does so.
 */
import { createServer } from 'node:net';
import { inNode, type Place } from '../../harness/contender.js';
import { responseTo, responseToStore } from '../responses.js';

export const origin = inNode({ name: 'origin', file: import.meta.url });

const [small, large, stored] = [responseTo('/'), responseTo('/large'), responseToStore(1)];
const headEnd = Buffer.from('\r\n\r\n');

/** @param behind who it is for; somebody when it stands among the contenders, and then it answers as if it had stored. */
export function serve({ address, port, origin: behind }: Place): void {
  let made = 0;
  const toBeStored = (): Buffer => (behind === '' ? responseToStore((made += 1)) : stored);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const answer = chunk.includes(' /large ') ? large : chunk.includes(' /cached ') ? toBeStored() : small; // nobody mixes them
      for (let at = chunk.indexOf(headEnd); at >= 0; at = chunk.indexOf(headEnd, at + 4)) socket.write(answer);
    });
  });
  server.listen(port, address);
}
