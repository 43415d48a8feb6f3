/**
 * Who is compared: a policy in a DNS process of ours, or a DNS server that runs already.
 */
import type { SocketAddress } from '../../src/service.js';

export interface Contender {
  /** Unique in the run; in tables, expectations and plots. */
  readonly name: string;
  /** As `dns.policy`: a name or the absolute path of a module; what a server that runs already does is its own affair. */
  readonly policy: string;
  /** Set for a server that runs already. */
  readonly server: SocketAddress | undefined;
}
