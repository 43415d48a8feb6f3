import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNameTable } from '../../src/dns/name-table.js';
import { createNameScan, encodeName, scanName } from '../../src/dns/name.js';

const apex = 'zone.test';
const scan = createNameScan();

function scanned(name: string): typeof scan {
  const wire = encodeName(name);
  expect(scanName(scan, wire, 0, wire.length)).toBe(true);
  return scan;
}

/** What RFC 4592 says, on plain strings. */
function model(names: ReadonlySet<string>, name: string): string | undefined {
  if (names.has(name)) return name;
  let encloser = name;
  while (!names.has(encloser)) encloser = encloser.slice(encloser.indexOf('.') + 1);
  return names.has(`*.${encloser}`) ? `*.${encloser}` : undefined;
}

describe('createNameTable', () => {
  // Few letters and short names, so that names collide in length, in slots, and in their suffixes.
  const label = fc.constantFrom('a', 'b', 'ab', 'ba', '*', 'abc');
  const below = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, apex].join('.'));

  it('finds names and wildcards as a plain search does', () => {
    fc.assert(
      fc.property(fc.array(below, { maxLength: 40 }), fc.array(below, { minLength: 1, maxLength: 60 }), (given, asked) => {
        const names = new Set([apex]);
        for (const name of given) {
          for (let at = name; at !== apex; at = at.slice(at.indexOf('.') + 1)) names.add(at);
        }
        const entries = [...names].map((name) => ({
          labels: encodeName(name).subarray(0, name.length - apex.length),
          node: name,
          wildcard: names.has(`*.${name}`) ? `*.${name}` : undefined,
        }));
        const table = createNameTable(encodeName(apex), entries);
        for (const name of [...asked, ...names]) {
          expect(table.find(scanned(name.toUpperCase()), table.apexAt(scan))).toBe(model(names, name));
        }
      }),
    );
  });

  it('tells whether a name is in the zone, and where its apex starts', () => {
    const table = createNameTable(encodeName(apex), [{ labels: new Uint8Array(0), node: apex, wildcard: undefined }]);
    expect([apex, `a.${apex}`, `a.b.${apex}`].map((name) => table.apexAt(scanned(name)))).toEqual([0, 2, 4]);
    expect(['.', 'test', 'one.test', `x${apex}`, `a.x${apex}`, `${apex}.a`].map((name) => table.apexAt(scanned(name)))).toEqual(new Array(6).fill(-1));
  });
});
