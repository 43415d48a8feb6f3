/**
 * A server on dns2, the way its README starts one.
 */
import dns2 from 'dns2';
import { inNode, type Place } from '../../harness/contender.js';
import { addresses, serviceName, ttlS } from '../zone.js';

export const onDns2 = inNode({ name: 'dns2', file: import.meta.url, package: 'dns2' });

export async function serve({ address, port }: Place): Promise<void> {
  const { Packet } = dns2;
  const server = dns2.createServer({
    udp: true,
    handle(request, send) {
      const response = Packet.createResponseFromRequest(request);
      const [question] = request.questions;
      response.header.aa = 1;
      if (question?.name !== serviceName) response.header.rcode = 3;
      else for (const member of addresses) response.answers.push({ ...question, type: Packet.TYPE.A, ttl: ttlS, address: member });
      send(response);
    },
  });
  await server.listen({ udp: { port, address } });
}
