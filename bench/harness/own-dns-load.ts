/**
 * A DNS load generator for where dnsperf is not installed: UDP, a bounded number of queries under way, each followed by the next as
 * soon as its answer is there (closed loop). It costs more processor time than the servers it drives, so throughput is its own; what
 * an answer costs the server is not.
 */
import { createSocket, type Socket } from 'node:dgram';
import { sleep, type Clock } from '../../src/clock.js';
import { rcodeName } from '../../src/dns/client-message.js';
import { encodeName } from '../../src/dns/name.js';
import { classIn, headerBytes, typeCodes } from '../../src/dns/wire.js';
import type { SocketAddress } from '../../src/service.js';
import type { Aim, Load } from './driver.js';
import { createTally } from './failures.js';

/** One query under way, and what it is sent with. */
interface Slot {
  readonly query: Buffer;
  readonly socket: Socket;
  id: number;
  sentMs: number;
  underWay: boolean;
}

/**
 * An id is the slot in its lower bits and the turn above, so that an answer that comes after its query was given up is not taken for
 * the next one's.
 */
const slotBits = 10;
export const slotsMax = 1 << slotBits;
const queriesPerSocket = 16;
/** An answer that has not come by then is lost. */
const timeoutMs = 1000;
const sweepMs = 50;

/** @param name whose addresses are asked for */
export async function loadDns({ server, seconds, atOnce }: Aim, name: string, clock: Clock): Promise<Load> {
  const question = questionFor(name);
  const sockets = await Promise.all(Array.from({ length: Math.ceil(atOnce / queriesPerSocket) }, () => openSocket(server)));
  const slots = Array.from({ length: atOnce }, (_, place): Slot => {
    const socket = sockets[place % sockets.length] as Socket; // there is at least one
    return { query: Buffer.from(question), socket, id: place, sentMs: 0, underWay: false };
  });
  const loop = createLoop(slots, seconds, clock);
  for (const socket of sockets) socket.on('message', loop.take).on('error', () => undefined); // of a refused query: it will be lost
  loop.begin();
  while (loop.goesOn()) await sleep(clock, sweepMs);
  for (const socket of sockets) socket.close();
  return loop.load();
}

/** As short as dnsperf's, without EDNS. */
function questionFor(name: string): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(1, 4); // one question
  return Buffer.concat([header, encodeName(name), Buffer.from([0, typeCodes.A, 0, classIn])]);
}

/** Without the lookup that an IP literal otherwise costs each time. */
function openSocket({ address, port }: SocketAddress): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (_host, _options, found) => found(null, address, 4) });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, address, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function createLoop(slots: readonly Slot[], seconds: number, clock: Clock) {
  const beganMs = clock.monotonicMs();
  const endMs = beganMs + 1000 * seconds;
  const failures = createTally();
  let answers = 0;
  let lastMs = beganMs;

  function send(slot: Slot, nowMs: number): void {
    slot.underWay = nowMs < endMs;
    if (!slot.underWay) return;
    slot.sentMs = nowMs;
    slot.id = (slot.id + slotsMax) & 0xffff;
    slot.query.writeUInt16BE(slot.id);
    slot.socket.send(slot.query);
  }

  function take(answer: Buffer): void {
    const id = answer.length < headerBytes ? -1 : answer.readUInt16BE(0);
    const slot = slots[id & (slotsMax - 1)];
    if (slot?.id !== id || !slot.underWay) return;
    const rcode = answer.readUInt8(3) & 0x0f;
    if (rcode !== 0) failures.add(rcodeName(rcode));
    answers += 1;
    lastMs = clock.monotonicMs();
    send(slot, lastMs);
  }

  /** Gives up what is late. @returns whether anything is under way, or will be. */
  function goesOn(): boolean {
    const nowMs = clock.monotonicMs();
    for (const slot of slots) {
      if (!slot.underWay || nowMs - slot.sentMs < timeoutMs) continue;
      failures.add('lost');
      send(slot, nowMs);
    }
    return slots.some(({ underWay }) => underWay);
  }

  return {
    begin: () => slots.forEach((slot) => send(slot, beganMs)),
    take,
    goesOn,
    load: (): Load => ({ seconds: answers === 0 ? seconds : (lastMs - beganMs) / 1000, answers, failures: failures.counts() }),
  };
}
