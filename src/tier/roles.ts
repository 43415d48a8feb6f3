/**
 * The table of the roles that are processes of their own. Each is loaded only where it runs: six processes that all
 * loaded everything would spend 2 s of CPU more before the first answer.
 */
import type { ChildRole } from './protocol.js';
import type { ChildRoleOptions, Role } from './role.js';

export type MakeRole = (options: ChildRoleOptions) => Promise<Role> | Role;

export async function loadRole(role: ChildRole): Promise<MakeRole> {
  switch (role) {
    case 'dns':
      return (await import('./dns-role.js')).createDnsRole;
    case 'worker':
      return (await import('./worker-role.js')).createWorkerRole;
    case 'origin':
      return (await import('./origin-role.js')).createOriginRole;
  }
}
