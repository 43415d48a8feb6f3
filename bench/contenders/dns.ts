/**
 * The DNS contenders, ours first.
 */
import type { Contender } from '../harness/contender.js';
import { bind } from './dns/bind.js';
import { canary } from './dns/canary.js';
import { onDns2 } from './dns/dns2.js';
import { gdnsd } from './dns/gdnsd.js';
import { knot } from './dns/knot.js';
import { nodeDgram } from './dns/node-dgram.js';
import { nsd } from './dns/nsd.js';
import { roundhouse } from './dns/ours.js';
import { powerdns } from './dns/powerdns.js';

export const dnsContenders: readonly Contender[] = [roundhouse, onDns2, nodeDgram, canary, bind, knot, nsd, gdnsd, powerdns];
