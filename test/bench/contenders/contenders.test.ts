/**
 * The contenders: a short file each, and all of them in the lists.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cacheContenders } from '../../../bench/contenders/cache.js';
import { dnsContenders } from '../../../bench/contenders/dns.js';
import { proxyContenders } from '../../../bench/contenders/proxy.js';
import { addresses, serviceName, zoneFile } from '../../../bench/contenders/zone.js';
import { loadConfig } from '../../../src/config/load.js';
import { engineDefault, engineNames } from '../../../src/config/schema.js';

const linesMax = 30;
const place = { address: '127.0.0.1', port: 20_001, sparePort: 20_002, origin: '127.0.0.1:20003' };

describe.each([
  ['dns', dnsContenders],
  ['proxy', proxyContenders],
  ['cache', cacheContenders],
] as const)('the contenders of %s', (folder, contenders) => {
  const directory = new URL(`../../../bench/contenders/${folder}/`, import.meta.url);
  const files = readdirSync(directory);

  it.each(files)(`%s has at most ${linesMax} lines`, (file) => {
    expect(readFileSync(new URL(file, directory), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(linesMax);
  });

  it('are all in the list, under names of their own', () => {
    const list = readFileSync(new URL(`../${folder}.ts`, directory), 'utf8');
    for (const file of files) expect(list).toContain(`from './${folder}/${file.replace('.ts', '.js')}'`);
    const names = contenders.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toBe('ours');
  });

  it('are there or say what to install, and the canary sings only when it is named', () => {
    for (const contender of contenders) {
      const found = contender.find();
      if ('debian' in found) expect(found.debian).toMatch(/^[a-z0-9.+-]+$/);
      else expect(found.version).toMatch(/^\S+(?: \S+)* v?\d+\.\d+/);
      expect(contender.onlyByName ?? false).toBe(contender.name === 'canary');
    }
  });

  it('listen where they are told, and nowhere else', () => {
    for (const contender of contenders) {
      const told = [...Object.values(contender.files(place)), ...contender.args(place)].join('\n');
      expect(told, contender.name).toContain('20001');
      expect(told.match(/\d+\.\d+\.\d+\.\d+/g)?.filter((address) => !address.startsWith('127.') && !addresses.includes(address)) ?? []).toEqual([]);
    }
  });
});

it('ours has one for each engine, and its configurations are right', () => {
  const ours = proxyContenders.filter(({ name }) => name.startsWith('ours'));
  const names = engineNames.map((engine) => (engine === engineDefault ? 'ours' : `ours-${engine}`));
  expect(ours.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  for (const contender of [dnsContenders[0], ...ours]) {
    const { 'roundhouse.yaml': text = '' } = contender?.files(place) ?? {};
    expect(loadConfig({ overrides: JSON.parse(text) as object }).config).toMatchObject({ control: { port: 20_002 } });
  }
});

it('the zone has the one name with its addresses', () => {
  expect(serviceName).toBe('www.roundhouse.test');
  expect([...zoneFile.matchAll(/^www IN A (.*)$/gm)].map(([, address]) => address)).toEqual(addresses);
});
