/**
 * The built-in origin, made from the configuration.
 */
import { resolve } from 'node:path';
import { createOrigin } from '../origin/origin.js';
import type { ChildRoleOptions, Role } from './role.js';

export function createOriginRole({ config, baseDirectory, clock, log }: ChildRoleOptions): Role {
  const { address, port, directory } = config.origin;
  const listen = { address, port };
  const origin = createOrigin({ listen, clock, log, ...(directory === undefined ? {} : { directory: resolve(baseDirectory, directory) }) });
  return { ...origin, leave: () => undefined }; // nobody probes it on `/readyz`
}
