/**
 * A socket on its way to an origin: with TLS or without, to the address that its name has now.
 */
import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { Origin, OriginAddresses } from '../engine.js';
import type { ReadBuffer } from './read-buffer.js';

export interface OriginSocketOwner {
  /** Of what is read without TLS. */
  readonly buffer: ReadBuffer;
  /** The last session of TLS with this origin, to be resumed; set to the next one as it comes. */
  readonly sessions: { session: Buffer | undefined };
  /** The address that is tried, the last one it connects to; of a name with known addresses. */
  readonly onAddress: (address: string) => void;
  readonly onOpen: () => void;
  readonly onData: (chunk: Buffer) => void;
}

export function openOriginSocket(origin: Origin, owner: OriginSocketOwner): Socket {
  const socket = origin.scheme === 'https' ? openSecure(origin, owner) : openPlain(origin, owner);
  if (origin.addresses !== undefined) socket.on('connectionAttempt', owner.onAddress);
  return socket;
}

function openPlain({ host, port, addresses }: Origin, { buffer, onOpen, onData }: OriginSocketOwner): Socket {
  const callback = (bytes: number, filled: Uint8Array): boolean => {
    onData(buffer.taken(filled as Buffer, bytes)); // it is what `next` gave
    return true;
  };
  return connectPlain({ host, port, noDelay: true, onread: { buffer: buffer.next, callback }, ...lookupOf(addresses) }, onOpen);
}

/** TLS has bytes of its own making: there is nothing to gain from buffers of ours. */
function openSecure({ host, port, tls, addresses }: Origin, { sessions, onOpen, onData }: OriginSocketOwner): Socket {
  const { session } = sessions;
  const trust = tls?.options ?? { servername: isIP(host) === 0 ? host : '' };
  const socket = connectSecure({ host, port, ...trust, ...(session === undefined ? {} : { session }), ...lookupOf(addresses) }, onOpen);
  socket.setNoDelay(true);
  socket.on('session', (next: Buffer) => void (sessions.session = next));
  return socket.on('data', onData);
}

const lookupOf = (addresses: OriginAddresses | undefined): Pick<TcpNetConnectOpts, 'lookup'> =>
  addresses === undefined ? {} : { lookup: addresses.lookup };
