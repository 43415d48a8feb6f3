/**
 * `roundhouse status`, and the operator's `drain`, `enable` and `disable`.
 */
import { systemClock } from '../clock.js';
import { createControlClient, type AdminVerb } from '../control/client.js';
import type { MemberStatus, OriginStatus, Status } from '../control/status.js';
import { percent, span, table, type Align } from '../text/table.js';
import { controlFlag } from './flags.js';

const head = ['member', 'address', 'health', 'since', 'why', 'probes', 'admin', 'in DNS', 'share', 'busy', 'requests', 'in flight'];
const align: readonly Align[] = ['left', 'left', 'left', 'right', 'left', 'left', 'left', 'left', 'right', 'right', 'right', 'right'];
const probesShown = 16;

type Given = Readonly<Record<string, unknown>>;

export async function statusCommand(given: Given): Promise<string> {
  const status = await createControlClient(controlFlag(given['control']), undefined, systemClock).status();
  return given['json'] === true ? JSON.stringify(status, undefined, 2) : statusText(status, systemClock.realtimeMs());
}

const emptyText = 'No member is left in the answers: the service name has no address now.';

/** @param nowMs real time, for "since". */
export function statusText(status: Status, nowMs: number): string {
  const notes = [
    ...(status.members.some((member) => member.eligible) ? [] : [emptyText]),
    ...(status.failOpen ? ['Failing open: too few members are up, so health is ignored and all enabled ones are answered.'] : []),
    ...(status.withdrawalIgnored ? ['Withdrawal is ignored: without the withdrawn members too few would be left in the answers.'] : []),
    ...(status.dnsReachable ? [] : ["The DNS process's metrics cannot be read: shares are unknown."]),
  ];
  return [
    `${status.service}: policy ${status.policy}, TTL ${status.ttl}`,
    '',
    memberTable(status.members, nowMs),
    ...(status.origins.length > 0 ? ['', ...status.origins.map(originLine)] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

/** Locations are a column where there are some. */
function memberTable(members: readonly MemberStatus[], nowMs: number): string {
  const rows = members.map((member) => row(member, nowMs));
  if (members.every(({ location }) => location === undefined)) return table(head, rows, align);
  const located = rows.map((cells, place) => [...cells.slice(0, 1), members[place]?.location ?? '–', ...cells.slice(1)]);
  return table(['member', 'location', ...head.slice(1)], located, ['left', ...align]);
}

const originLine = ({ name, upFor, probedBy }: OriginStatus): string => `origin ${name}: up for ${upFor} of ${probedBy} workers`;

function row(member: MemberStatus, nowMs: number): readonly string[] {
  return [
    member.name,
    [member.address, member.address6].filter((address) => address !== undefined).join(' '),
    ...(member.admin === 'disabled' ? ['–', '–', 'not probed', ''] : healthCells(member, nowMs)),
    member.admin,
    inDnsCell(member),
    member.share === undefined ? '–' : percent(member.share),
    busyCell(member),
    member.requests === undefined ? '–' : String(member.requests),
    member.inFlight === undefined ? '–' : String(member.inFlight),
  ];
}

/** Of a member that is withdrawn also why; it is found under its own name and that of its location. */
const inDnsCell = ({ eligible, withdrawn }: MemberStatus): string => (eligible ? 'yes' : 'no') + (withdrawn === null ? '' : ` (${withdrawn})`);

const busyCell = ({ utilisation, alarmed }: MemberStatus): string =>
  `${alarmed ? 'alarm ' : ''}${utilisation === undefined ? '–' : percent(utilisation)}`;

function healthCells({ health, sinceMs, reason, detail, history }: MemberStatus, nowMs: number): readonly string[] {
  return [health, span(nowMs - sinceMs), detail === '' ? reason : `${reason} (${detail})`, history.slice(-probesShown)];
}

const effects: Readonly<Record<AdminVerb, string>> = {
  drain: 'new answers leave it out; it serves whoever still comes',
  enable: 'answers name it as long as its probes pass',
  disable: 'answers leave it out and it is not probed',
};

export async function adminCommand(verb: AdminVerb, given: Given): Promise<string> {
  const client = createControlClient(controlFlag(given['control']), process.env['ROUNDHOUSE_TOKEN'], systemClock);
  const { member, admin, was, eligible } = await client.change(String(given['member']), verb);
  const done = was === admin ? `${member} was ${admin} already` : `${member}: ${was} → ${admin} (${effects[verb]})`;
  return eligible.length > 0 ? done : `${done}\n${emptyText}`;
}
