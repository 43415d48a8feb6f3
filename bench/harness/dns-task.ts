/**
 * DNS servers side by side: the A records of one name. Before a server is measured it must give the four addresses, with authority, so
 * that nobody is measured refusing.
 */
import { systemClock } from '../../src/clock.js';
import { createDnsClient } from '../../src/dns/client.js';
import { dnsContenders } from '../contenders/dns.js';
import { addresses, serviceName } from '../contenders/zone.js';
import type { Place } from './contender.js';
import { dnsperf } from './dnsperf.js';
import { own } from './own.js';
import { closedLoopMeasures, type Task } from './task.js';

export const dnsTask: Task = {
  name: 'dns',
  title: 'DNS servers',
  unit: 'query',
  units: 'queries',
  lanes: ['query', 'queries'],
  measures: closedLoopMeasures('query', 'queries'),
  contenders: dnsContenders,
  drivers: [dnsperf, own('dns')],
  origin: undefined,
  check: checkDns,
};

const timeoutMs = 500;

export async function checkDns({ address, port }: Pick<Place, 'address' | 'port'>): Promise<void> {
  const client = createDnsClient({ server: { address, port }, timeoutMs, clock: systemClock });
  try {
    const { rcode, authoritative, answers } = await client.ask(serviceName, 'A');
    const given = answers.map(({ type, data }) => `${type} ${data}`).sort();
    const right = addresses.map((member) => `A ${member}`);
    if (rcode !== 'NOERROR' || given.join() !== right.join()) throw new Error(`it answered ${rcode} ${given.join(', ')}, not ${right.join(', ')}`);
    if (!authoritative) throw new Error('it answered without authority');
  } finally {
    client.close();
  }
}
