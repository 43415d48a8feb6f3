/**
 * A slice that is being read back from disk, and the streams that wait for it.
 */
import { wholeBody, type BodySource } from '../arriving-body.js';

/** A stream that waits for a slice. */
export interface LoadUser {
  /** It is there. */
  pump(): void;
  /** It is not: it has to be got otherwise. */
  miss(load: SliceLoad): void;
}

export class SliceLoad {
  body: BodySource | undefined;
  readonly users = new Set<LoadUser>();

  leave(user: LoadUser): void {
    this.users.delete(user);
  }

  settle(body: Buffer | undefined): void {
    const users = [...this.users];
    this.users.clear();
    if (body !== undefined) this.body = wholeBody(body);
    for (const user of users) {
      if (body === undefined) user.miss(this);
      else user.pump();
    }
  }
}
