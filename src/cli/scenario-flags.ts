/**
 * What names a scenario on the command line and sets keys in it, for `simulate` and `bench rotation`.
 */
import { nearest } from '../config/problems.js';
import { parseKey, plainValue, type Setting } from '../config/settings.js';
import { scenarioFile, scenarioNames } from '../study/catalogue.js';
import { UsageError } from './flags.js';

/** The file of a scenario that ships, or a path. @throws UsageError */
export function scenarioFileOf(nameOrPath: string): string {
  const file = scenarioFile(nameOrPath);
  if (file !== undefined) return file;
  const names = scenarioNames();
  const close = nearest(nameOrPath, names);
  const hint = close === undefined ? '' : `did you mean ${close}? `;
  throw new UsageError(`unknown scenario ${JSON.stringify(nameOrPath)}; ${hint}Known are ${names.join(', ')}; anything else must be the path of a file (./my.yaml)`);
}

/** `--set KEY=VALUE`. @throws UsageError */
export function settingOf(setting: string): Setting {
  const at = setting.indexOf('=');
  const path = at < 0 ? undefined : parseKey(setting.slice(0, at));
  if (path === undefined) throw new UsageError(`--set ${setting}: expected KEY=VALUE such as clients.count=1000`);
  return { path, value: plainValue(setting.slice(at + 1)), flag: `--set ${setting}` };
}
