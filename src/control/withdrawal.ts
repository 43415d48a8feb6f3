/**
 * Says in the log who is withdrawn from the answers for all and who is back, and, once, when withdrawal is ignored.
 *
 * Whoever compares copies calls `pool.setWithdrawn`; this only listens, so that there is one place for the words.
 */
import type { Log } from '../log.js';
import type { Pool, WithdrawalReason } from '../pool/pool.js';

export function tellWithdrawals(pool: Pool, log: Log): void {
  const told = new Map<string, WithdrawalReason>();
  let ignored = false;
  pool.subscribe(({ members, withdrawalIgnored }) => {
    for (const { member, withdrawn } of members) {
      const before = told.get(member.name) ?? null;
      if (withdrawn === before) continue;
      const facts = { member: member.name, location: member.location, reason: withdrawn ?? before };
      if (withdrawn === null) {
        told.delete(member.name);
        log.info(facts, `${member.name} is no longer withdrawn`);
      } else {
        told.set(member.name, withdrawn);
        log.warn(facts, `${member.name} is withdrawn from the answers for all; its own name and its location's go on answering`);
      }
    }
    if (withdrawalIgnored === ignored) return;
    ignored = withdrawalIgnored;
    const counts = { members: members.length, withdrawn: told.size };
    if (ignored) log.warn(counts, 'withdrawal is ignored: without the withdrawn members too few would be left in the answers');
    else log.info(counts, 'withdrawal counts again: enough other members are there, or none is withdrawn');
  });
}
