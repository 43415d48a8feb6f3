/**
 * What one answer costs, without sockets: our responder against dns2's parser and encoder doing the same, in one run.
 *
 *     npm run build && node dist/bench/dns-responder.js
 *
 * Figures hold for this machine only; the ratios are the result. Rounds alternate between the contenders and the best of each
 * counts, so that a busy machine slows both alike.
 */
import { cpus } from 'node:os';
import { Packet } from 'dns2';
import { systemClock } from '../src/clock.js';
import { createResponder } from '../src/dns/responder.js';
import { createDnsStats } from '../src/dns/stats.js';
import { createZone } from '../src/dns/zone.js';
import { createAuthority } from '../src/pool/authority.js';
import { createPool } from '../src/pool/pool.js';
import { createRotation } from '../src/pool/rotations.js';
import { constantTtl } from '../src/pool/ttl.js';
import { createRandom } from '../src/random.js';

const zoneName = 'roundhouse.test';
const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
const rounds = 7;

function createOurs(): (query: Buffer) => number {
  const members = addresses.map((address, index) => ({ name: `w${index + 1}`, index, address, port: 8080, weight: 1 }));
  const pool = createPool(members, { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 0 });
  const random = createRandom(1);
  const newAuthority = () => createAuthority({ rotation: createRotation('round-robin', { tail: 'cyclic', random }), ttl: constantTtl(30) });
  const zone = createZone({
    zone: zoneName,
    nameservers: ['ns1'],
    nameserverAddress: '127.0.0.1',
    negativeTtlS: 10,
    serial: 1,
    rotated: { name: 'www', pool, newAuthority, answersMax: 100 },
    records: [],
  });
  const responder = createResponder({ zone, stats: createDnsStats(members.map(({ name }) => name)), ednsBytes: 1232 });
  const room = Buffer.alloc(1232);
  const requestor = { address: '127.0.0.1' };
  return (query) => responder.respond(query, query.length, requestor, 'udp', room);
}

/** The least that a server on dns2 does for the same answer; a miss gets no SOA from it. */
function answerWithDns2(query: Buffer): number {
  const request = Packet.parse(query);
  const response = Packet.createResponseFromRequest(request);
  const [question] = request.questions;
  if (question?.name === `www.${zoneName}`) {
    for (const address of addresses) response.answers.push(Packet.createResourceFromQuestion(question, { type: 1, ttl: 30, address }));
  } else {
    response.header.rcode = 3;
  }
  return response.toBuffer().length;
}

function queryFor(name: string): Buffer {
  const packet = new Packet(new Packet.Header({ id: 1, rd: 1 }));
  packet.questions.push(new Packet.Question(name, 1, 1));
  return packet.toBuffer();
}

function nsPerCall(respond: (query: Buffer) => number, query: Buffer, calls: number): number {
  const startedMs = systemClock.monotonicMs();
  let bytes = 0;
  for (let call = 0; call < calls; call += 1) bytes += respond(query);
  const tookMs = systemClock.monotonicMs() - startedMs;
  if (bytes === 0) throw new Error('no answer was made');
  return (tookMs * 1e6) / calls;
}

function compare(name: string, query: Buffer): string {
  const ours = createOurs();
  let oursNs = Infinity;
  let dns2Ns = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    oursNs = Math.min(oursNs, nsPerCall(ours, query, 300_000));
    dns2Ns = Math.min(dns2Ns, nsPerCall(answerWithDns2, query, 1500));
  }
  return `| ${name} | ${oursNs.toFixed(0)} | ${dns2Ns.toFixed(0)} | ${(dns2Ns / oursNs).toFixed(0)} |`;
}

process.stdout.write(
  [
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; best of ${rounds} rounds`,
    '',
    '| question | ours, ns | dns2, ns | dns2 / ours |',
    '| --- | --- | --- | --- |',
    compare('A of the service name, 4 members', queryFor(`www.${zoneName}`)),
    compare('A of a name that does not exist', queryFor(`nowhere.${zoneName}`)),
    '',
  ].join('\n'),
);
