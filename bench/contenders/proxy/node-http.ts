/**
 * The least that forwards with node:http: one server, one keep-alive agent, streams piped through.
 */
import { Agent, createServer, request } from 'node:http';
import { inNode, type Place } from '../../harness/contender.js';

export const nodeHttp = inNode({ name: 'node-http', file: import.meta.url });

export function serve({ address, port, origin }: Place, before = (): void => undefined): void {
  const agent = new Agent({ keepAlive: true });
  const [host, originPort] = origin.split(':');
  const server = createServer((incoming, outgoing) => {
    before();
    const { method, url: path, headers } = incoming;
    const onward = request({ host, port: originPort, agent, method, path, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(port, address);
}
