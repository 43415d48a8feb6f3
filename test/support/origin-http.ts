/**
 * Origins for tests over real sockets: one that speaks through node:http, one whose every byte is the test's own.
 */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

export interface TestOrigin {
  readonly url: string;
  readonly port: number;
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export interface HttpOrigin extends TestOrigin {
  readonly server: Server;
  /** Heads as received, probes left out. */
  readonly requests: IncomingMessage[];
}

const isProbe = (message: IncomingMessage): boolean => message.headers['user-agent'] === 'roundhouse-probe';

/** Answers probes by itself. */
export async function startHttpOrigin(handler: RequestListener): Promise<HttpOrigin> {
  const requests: IncomingMessage[] = [];
  const server = createHttpServer((message, response) => {
    if (isProbe(message)) {
      response.end('ok');
      return;
    }
    requests.push(message);
    handler(message, response);
  });
  return { ...(await listening(server)), server, requests };
}

/** @param answer is called with each connection and, once its first request head is there, with that. */
export async function startRawOrigin(answer: (socket: Socket, head: string) => void): Promise<TestOrigin> {
  const server = createTcpServer((socket) => {
    let head = '';
    socket.on('error', () => undefined); // resets are part of the play
    socket.setEncoding('latin1');
    socket.on('data', function onData(text: string) {
      head += text;
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      if (head.includes('roundhouse-probe')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else answer(socket, head);
    });
  });
  return listening(server);
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<TestOrigin> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port of this machine on which nothing listens. */
export async function deadPort(): Promise<number> {
  const origin = await startRawOrigin(() => undefined);
  await origin.close();
  return origin.port;
}

export interface RawAnswer {
  readonly text: string;
  /** How the connection ended: properly, or by a reset. */
  readonly ended: 'fin' | 'reset';
}

/** Sends these bytes and collects what comes until the connection ends. */
export function rawExchange(port: number, request: string): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => (text += part));
    socket.on('end', () => {
      socket.destroy();
      resolve({ text, ended: 'fin' });
    });
    socket.on('error', () => resolve({ text, ended: 'reset' }));
  });
}
