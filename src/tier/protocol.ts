/**
 * What the supervisor and its child processes say to each other, over the channel that `fork` opens. The end of the
 * channel is a message too: a child whose supervisor is gone stops.
 */
import type { Config } from '../config/schema.js';

/** The roles that `up` runs as processes of their own. */
export type ChildRole = 'origin' | 'worker' | 'dns';

export interface StartMessage {
  readonly kind: 'start';
  readonly role: ChildRole;
  /** The worker's name; for the other roles the role. */
  readonly name: string;
  /** The effective configuration. */
  readonly config: Config;
  /** Paths in the configuration are relative to this. */
  readonly baseDirectory: string;
}

export interface StopMessage {
  readonly kind: 'stop';
  readonly graceMs: number;
}

/** The child serves. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

/** The child cannot start, and says why in words for a person; it exits next. */
export interface FailedMessage {
  readonly kind: 'failed';
  readonly message: string;
}

/** The child was told by somebody else (SIGTERM) to go, and will, shortly: time to leave the answers. */
export interface LeavingMessage {
  readonly kind: 'leaving';
}

export type ToChild = StartMessage | StopMessage;
export type FromChild = ReadyMessage | FailedMessage | LeavingMessage;
