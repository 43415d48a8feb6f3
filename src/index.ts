/**
 * The public surface: what a policy module needs to know, and the tier as a library.
 */
export type { PoolMember, PoolSnapshot } from './pool/pool.js';
export type { Requestor, Rotation } from './pool/rotation.js';
export type { RotationOptions } from './pool/policies.js';
export type { Random } from './random.js';
export type { Config, ConfigInput } from './config/schema.js';
export { loadConfig } from './config/load.js';
export { systemClock } from './clock.js';
export { systemRandom } from './random.js';
export { createLog, silentLog } from './log.js';
export { createTier, type Tier, type TierOptions } from './tier/tier.js';
