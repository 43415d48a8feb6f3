/**
 * http-proxy with an agent that keeps connections to the origin alive, as its README says for speed.
 */
import { Agent } from 'node:http';
import proxy from 'http-proxy';
import { inNode, type Place } from '../../harness/contender.js';

export const httpProxy = inNode({ name: 'http-proxy', file: import.meta.url, package: 'http-proxy' });

export function serve({ address, port, origin }: Place): void {
  proxy.createProxyServer({ target: `http://${origin}`, agent: new Agent({ keepAlive: true }) }).listen(port, address);
}
