/**
 * TLS on connections that were accepted elsewhere: the server's half of handshakes, and what became of each.
 *
 * node's servers for TLS, one for each certificate, never listen here. They take a socket that nobody reads, with its first bytes
 * pushed back: so a PROXY header can come before, and the certificate be known.
 */
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { Certificates } from '../../certificates.js';
import type { HandshakeFault } from '../../handshake-fault.js';

export interface Handshake {
  onSecure(socket: TLSSocket): void;
  /** The connection is broken by now. */
  onTlsFault(fault: HandshakeFault, detail: string): void;
}

export interface TlsServer {
  /**
   * @param raw is paused and has no listener that reads.
   * @param serverName that the client asks for, or ''.
   */
  begin(raw: Socket, serverName: string, handshake: Handshake): void;
}

/** node's own limit, which cannot be switched off, is as far away as it can be: ours has to count from the first byte on. */
const handshakeTimeout = 0x7fff_ffff;

export function createTlsServer(certificates: Pick<Certificates, 'optionsFor'>): TlsServer {
  const handshakes = new WeakMap<Socket, Handshake>();
  const servers = new WeakMap<SecureContextOptions, Server>(); // that of a certificate which was replaced goes with it
  const serverFor = (options: SecureContextOptions): Server => {
    let server = servers.get(options);
    if (server === undefined) servers.set(options, (server = newServer(options, handshakes)));
    return server;
  };

  return {
    begin(raw, serverName, handshake) {
      handshakes.set(raw, handshake);
      raw.allowHalfOpen = false; // or node says nothing of a client that leaves within the handshake
      serverFor(certificates.optionsFor(serverName)).emit('connection', raw);
      raw.allowHalfOpen = true;
    },
  };
}

function newServer(options: SecureContextOptions, handshakes: WeakMap<Socket, Handshake>): Server {
  const server = createServer({ ...options, handshakeTimeout, ALPNProtocols: ['http/1.1'] });
  server.on('secureConnection', (socket) => {
    socket.allowHalfOpen = true; // as plain ones are
    handshakeOf(handshakes, socket)?.onSecure(socket);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error;
    handshakeOf(handshakes, socket)?.onTlsFault(faultOf(code), code);
  });
  return server;
}

/** By the socket underneath, which node keeps in a private place: its events name the TLS socket alone, which nobody had before. */
function handshakeOf(handshakes: WeakMap<Socket, Handshake>, socket: TLSSocket): Handshake | undefined {
  const { _parent: raw } = socket as TLSSocket & { readonly _parent?: Socket };
  return raw === undefined ? undefined : handshakes.get(raw);
}

function faultOf(code: string): HandshakeFault {
  switch (code) {
    case 'ERR_SSL_HTTP_REQUEST':
      return 'tls-plain-http';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
      return 'tls-version';
    case 'ERR_SSL_NO_APPLICATION_PROTOCOL':
      return 'tls-alpn';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'tls-aborted';
    default:
      return code.includes('_ALERT_') ? 'tls-rejected' : 'tls-malformed';
  }
}
