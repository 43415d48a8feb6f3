/**
 * The table of the roles that are processes of their own. Each is loaded only where it runs: six processes that all
 * loaded everything would spend 2 s of CPU more before the first answer.
 */
import type { ChildRole } from './protocol.js';
import type { ChildRoleOptions, Role } from './role.js';

export type MakeRole = (options: ChildRoleOptions) => Promise<Role> | Role;

export async function loadRole(role: ChildRole): Promise<MakeRole> {
  // http-proxy calls util._extend: Node 22 and later would print DEP0060 once per worker, which nobody but us can act on.
  process.noDeprecation = true;
  switch (role) {
    case 'dns':
      return (await import('./dns-role.js')).createDnsRole;
    case 'worker':
      return (await import('./worker-role.js')).createWorkerRole;
    case 'origin':
      return (await import('./origin-role.js')).createOriginRole;
  }
}
