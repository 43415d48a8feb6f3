/**
 * What the schema cannot see of locations: who stands where, whose networks are whose, and whether the policy has a map.
 */
import { readNetwork } from '../pool/locations.js';
import { workersOf } from './effective.js';
import { nearest, shown, type Problem } from './problems.js';
import type { Config } from './schema.js';
import { twins, type Entry } from './twins.js';

/** Owners of names in the zone. */
export const locationNames = ({ locations }: Config): Entry[] =>
  Object.keys(locations).map((name) => ({ path: ['locations', name], value: name.toLowerCase(), shown: name }));

export function locationConflicts(config: Config): Problem[] {
  return [
    ...twins(locationNames(config)),
    ...unknownLocations(config),
    ...unknownWorkers(config),
    ...twoPlaces(config),
    ...empty(config),
    ...networks(config),
    ...codes(config),
    ...withoutMap(config),
  ];
}

const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function unknownLocations({ workers, locations }: Config): Problem[] {
  const known = Object.keys(locations);
  return (workers.members ?? []).flatMap(({ location }, index): Problem[] => {
    if (location === undefined || known.some((name) => sameName(name, location))) return [];
    const close = nearest(location, known);
    const hint = close === undefined ? `; add it there, with \`${location}: {}\` at least` : `; did you mean ${close}?`;
    return [{ path: ['workers', 'members', index, 'location'], text: `expected one of \`locations\`, got ${shown(location)}${hint}` }];
  });
}

function unknownWorkers(config: Config): Problem[] {
  const known = workersOf(config).map(({ name }) => name);
  return listed(config).flatMap(({ path, shown: worker }): Problem[] => {
    if (known.some((name) => sameName(name, worker))) return [];
    const close = nearest(worker, known);
    return [{ path, text: `expected the name of a worker, got ${shown(worker)}${close === undefined ? '' : `; did you mean ${close}?`}` }];
  });
}

/** Every worker that a location names. */
function listed({ locations }: Config): Entry[] {
  return Object.entries(locations).flatMap(([location, { workers }]) =>
    workers.map((name, index) => ({ path: ['locations', location, 'workers', index], value: name.toLowerCase(), shown: name })),
  );
}

/** A worker stands in one place. */
function twoPlaces(config: Config): Problem[] {
  const elsewhere = listed(config).flatMap(({ path, value, shown: worker }): Problem[] => {
    const index = (config.workers.members ?? []).findIndex(({ name }) => name.toLowerCase() === value);
    const said = config.workers.members?.[index]?.location;
    const isKnown = Object.keys(config.locations).some((name) => sameName(name, said ?? ''));
    if (said === undefined || !isKnown || sameName(said, String(path[1]))) return [];
    const text = `expected a worker that stands nowhere else, got ${shown(worker)}, whose own location is ${said}; remove one of the two`;
    return [{ path, about: [['workers', 'members', index, 'location']], text }];
  });
  return [...twins(listed(config)), ...elsewhere];
}

function empty(config: Config): Problem[] {
  const said = (config.workers.members ?? []).map(({ location = '' }) => location);
  const unused = Object.entries(config.locations).flatMap(([name, { workers }]) =>
    workers.length > 0 || said.some((location) => sameName(location, name)) ? [] : [name],
  );
  return unused.map((name) => ({
    path: ['locations', name],
    text: `expected at least one worker there, got none; name some in \`locations.${name}.workers\`, or say \`location: ${name}\` of them`,
  }));
}

/** Compared in the one way to write each, without the bits behind the prefix. */
function networks({ locations }: Config): Problem[] {
  const problems: Problem[] = [];
  const entries = Object.entries(locations).flatMap(([location, { networks: given }]) =>
    given.flatMap((text, index): Entry[] => {
      const path = ['locations', location, 'networks', index];
      try {
        const { familyBits, bytes, bits } = readNetwork(text);
        return [{ path, value: `${familyBits} ${bytes.join('.')} ${bits}`, shown: text }];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        problems.push({ path, text: error.message });
        return [];
      }
    }),
  );
  return [...problems, ...twins(entries)];
}

const codeKeys = ['countries', 'continents'] as const;

/** One place for each, and a database that knows them. */
function codes({ dns, locations }: Config): Problem[] {
  const all = codeKeys.map((key) =>
    Object.entries(locations).flatMap(([location, entry]) =>
      entry[key].map((code, index): Entry => ({ path: ['locations', location, key, index], value: code, shown: code })),
    ),
  );
  const entries = all.flat();
  const database = ['dns', 'locationDatabase'];
  if (dns.locationDatabase === undefined) {
    const lists = new Map(entries.map(({ path }) => [path.slice(0, -1).join(), path.slice(0, -1)]));
    const text = 'expected dns.locationDatabase beside it, without which nobody knows them';
    return [...all.flatMap(twins), ...[...lists.values()].map((path) => ({ path, about: [database], text }))];
  }
  if (entries.length > 0) return all.flatMap(twins);
  return [{ path: database, about: [['locations']], text: 'expected locations with `countries` or `continents` beside it, without which it says nothing' }];
}

function withoutMap({ dns, locations }: Config): Problem[] {
  if (dns.policy !== 'nearest') return [];
  const said = Object.values(locations).flatMap((entry) => [...entry.networks, ...entry.countries, ...entry.continents]);
  if (said.length > 0) return [];
  const text = 'expected locations that say where clients are (`locations.NAME.networks`) beside nearest, got none';
  return [{ path: ['dns', 'policy'], about: [['locations']], text }];
}
