/**
 * The least that answers with node:dgram: whatever is asked gets the same records. What Node itself costs, and no DNS server.
 */
import { createSocket } from 'node:dgram';
import { inNode, type Place } from '../../harness/contender.js';
import { addresses, ttlS } from '../zone.js';

export const nodeDgram = inNode({ name: 'node-dgram', file: import.meta.url });

const records = addresses.flatMap((address) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttlS, 0, 4, ...address.split('.').map(Number)]);
const answer = Buffer.from(records);

export function serve({ address, port }: Place, before = (): void => undefined): void {
  const socket = createSocket({ type: 'udp4', lookup: (host, _, found) => found(null, host, 4) });
  socket.on('message', (query, from) => {
    before();
    const questionEnd = query.indexOf(0, 12) + 5;
    const response = Buffer.concat([query.subarray(0, questionEnd), answer]);
    response.writeUInt16BE(0x8400, 2); // a response, with authority
    response.writeUInt16BE(addresses.length, 6);
    response.writeUInt32BE(0, 8); // nothing else
    socket.send(response, from.port, from.address);
  });
  socket.bind(port, address);
}
