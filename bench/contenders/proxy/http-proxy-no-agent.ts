/**
 * http-proxy as it ships: without an agent it opens a connection to the origin for each request.
 */
import proxy from 'http-proxy';
import { inNode, type Place } from '../../harness/contender.js';

export const withoutAgent = inNode({ name: 'http-proxy-no-agent', file: import.meta.url, package: 'http-proxy' });

export function serve({ address, port, origin }: Place): void {
  proxy.createProxyServer({ target: `http://${origin}` }).listen(port, address);
}
