/**
 * A DNS client for one server, for `roundhouse resolve`, measurements and tests: it asks that server and nobody else.
 *
 * A question without an answer is asked once more; one whose answer was truncated is asked again over TCP.
 */
import { formatAddress, ServiceError } from '../service.js';
import { encodeQuery, isTruncated, readAnswer, type DnsAnswer } from './client-message.js';
import { createTcpExchange } from './client-tcp.js';
import { createUdpExchange, type DnsClientOptions } from './client-udp.js';

export type { DnsAnswer, DnsRecord } from './client-message.js';
export type { DnsClientOptions } from './client-udp.js';

export interface DnsClient {
  /**
   * @param type `A`, `AAAA`, `TXT`, … or `TYPE65`.
   * @throws ServiceError when there is no usable answer; an answer that says no is an answer.
   */
  ask(name: string, type: string): Promise<DnsAnswer>;
  /**
   * The response to a query made by `encodeQuery`, for who asks thousands a second and reads the bytes itself.
   *
   * @throws ServiceError when there is none
   */
  exchange(query: Buffer): Promise<Buffer>;
  /** What is under way fails. */
  close(): void;
}

const udpTries = 2;

export function createDnsClient(options: DnsClientOptions): DnsClient {
  const { server, timeoutMs, clock } = options;
  const where = formatAddress(server);
  const udp = createUdpExchange(options);
  const tcp = createTcpExchange(options);

  async function exchange(query: Buffer): Promise<Buffer> {
    for (let tries = 0; tries < udpTries; tries += 1) {
      const response = await udp.ask(query);
      if (response !== undefined) return isTruncated(response) ? tcp.ask(query) : response;
    }
    throw new ServiceError(`dns: no answer from ${where} to ${udpTries} queries within ${timeoutMs} ms each; check the address, and that the server runs`);
  }

  return {
    exchange,
    async ask(name, type) {
      const startedMs = clock.monotonicMs();
      const response = await exchange(encodeQuery(name, type));
      try {
        return { ...readAnswer(response), serverMs: clock.monotonicMs() - startedMs };
      } catch (error) {
        throw new ServiceError(`dns: ${where} sent a malformed response to ${name} ${type}; check that it is a DNS server`, { cause: error });
      }
    },
    close() {
      udp.close();
      tcp.close();
    },
  };
}
