/**
 * What was loaded as text: valid input again, with every default filled in.
 */
import { stringify } from 'yaml';
import type { Config } from './schema.js';

/** The configuration with every default filled in, as a file that loads to the same again. */
export function effectiveYaml(config: Config): string {
  const { workers } = config;
  return yamlText(workers.members === undefined ? config : { ...config, workers: withoutShorthand(workers) });
}

export const yamlText = (value: unknown): string => stringify(value, { lineWidth: 0 });

/** `count` and `address` have no meaning beside `members`, and loading refuses them there. */
function withoutShorthand({ count: _count, address: _address, ...rest }: Config['workers']): Omit<Config['workers'], 'count' | 'address'> {
  return rest;
}
