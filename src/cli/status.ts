/**
 * `roundhouse status`, and the operator's `drain`, `enable` and `disable`.
 */
import { systemClock } from '../clock.js';
import { createControlClient, type AdminVerb } from '../control/client.js';
import type { MemberStatus, Status } from '../control/status.js';
import { controlFlag } from './flags.js';
import { percent, span, table, type Align } from './table.js';

const head = ['member', 'address', 'health', 'since', 'why', 'probes', 'admin', 'in DNS', 'share', 'requests', 'in flight'];
const align: readonly Align[] = ['left', 'left', 'left', 'right', 'left', 'left', 'left', 'left', 'right', 'right', 'right'];
const probesShown = 16;

type Given = Readonly<Record<string, unknown>>;

export async function statusCommand(given: Given): Promise<string> {
  const status = await createControlClient(controlFlag(given['control']), undefined, systemClock).status();
  return given['json'] === true ? JSON.stringify(status, undefined, 2) : statusText(status, systemClock.realtimeMs());
}

/** @param nowMs real time, for "since". */
export function statusText(status: Status, nowMs: number): string {
  const notes = [
    ...(status.failOpen ? ['Failing open: too few members are up, so health is ignored and all enabled ones are answered.'] : []),
    ...(status.dnsReachable ? [] : ["The DNS process's metrics cannot be read: shares are unknown."]),
  ];
  return [
    `${status.service}: policy ${status.policy}, TTL ${status.ttl}`,
    '',
    table(head, status.members.map((member) => row(member, nowMs)), align),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function row(member: MemberStatus, nowMs: number): readonly string[] {
  return [
    member.name,
    [member.address, member.address6].filter((address) => address !== undefined).join(' '),
    member.health,
    span(nowMs - member.sinceMs),
    member.detail === '' ? member.reason : `${member.reason} (${member.detail})`,
    member.history.slice(-probesShown),
    member.admin,
    member.eligible ? 'yes' : 'no',
    member.share === undefined ? '–' : percent(member.share),
    member.requests === undefined ? '–' : String(member.requests),
    member.inFlight === undefined ? '–' : String(member.inFlight),
  ];
}

const effects: Readonly<Record<AdminVerb, string>> = {
  drain: 'new answers leave it out; it serves whoever still comes',
  enable: 'answers name it as long as its probes pass',
  disable: 'answers leave it out and it is not probed',
};

export async function adminCommand(verb: AdminVerb, given: Given): Promise<string> {
  const client = createControlClient(controlFlag(given['control']), process.env['ROUNDHOUSE_TOKEN'], systemClock);
  const { member, admin, was } = await client.change(String(given['member']), verb);
  return was === admin ? `${member} was ${admin} already` : `${member}: ${was} → ${admin} (${effects[verb]})`;
}
