/**
 * Who answers in a round: a DNS process of ours, started fresh and stopped when the round is over, or a server that runs already.
 */
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import type { Log } from '../../src/log.js';
import { createSupervisor } from '../../src/tier/supervisor.js';
import type { Contender } from './contender.js';
import type { ServedDns } from './tier-under-test.js';

export interface DnsProcesses {
  /** @param config of the tier, with the control process to follow; the policy is the contender's */
  serve(contender: Contender, config: Config, baseDirectory: string): Promise<ServedDns>;
  /** At once. */
  kill(): void;
}

/** There is nothing in flight that anybody waits for. */
const stopMs = 500;

export function createDnsProcesses(clock: Clock, log: Log): DnsProcesses {
  const onExit = (name: string, how: string): void => log.error({ child: name, how }, 'the DNS process of this round ended and is started again');
  const supervisor = createSupervisor({ clock, log, onReady: () => undefined, onLeaving: () => undefined, onExit });
  return {
    kill: supervisor.kill,
    async serve({ policy, server }, config, baseDirectory) {
      if (server !== undefined) return { at: server, metrics: undefined, stop: () => Promise.resolve() };
      const { address, port, metricsAddress, metricsPort } = config.dns;
      const own = { ...config, dns: { ...config.dns, policy } };
      await supervisor.start({ kind: 'start', role: 'dns', name: 'dns', config: own, baseDirectory });
      return {
        at: { address, port },
        metrics: { address: metricsAddress, port: metricsPort },
        stop: () => supervisor.stop(['dns'], stopMs),
      };
    },
  };
}
