/**
 * `roundhouse check`: the configuration as the tier would understand it, or what is wrong with it.
 */
import { effectiveYaml } from '../config/print.js';
import { loadRotationFactory, loadRotationMaker } from '../pool/policy-loading.js';
import { checkTtl } from '../pool/ttl.js';
import { systemRandom } from '../random.js';
import { configOf } from './up.js';

/**
 * @returns valid YAML again, with every default filled in.
 * @throws ConfigError, also for directories and files that are not there; ServiceError for a policy that cannot be loaded.
 */
export async function check(given: Readonly<Record<string, unknown>>): Promise<string> {
  const { config, baseDirectory } = configOf(given, true);
  const random = systemRandom();
  checkTtl(config.dns.ttl);
  await loadRotationMaker(config.dns.policy, baseDirectory);
  await loadRotationFactory(config.proxy.policy, baseDirectory, { tail: 'cyclic', random });
  return effectiveYaml(config).trimEnd();
}
