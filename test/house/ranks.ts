/**
 * The rank table: imports point to lower ranks only, and rooms of one rank do not know each other.
 *
 * ARCHITECTURE.md shows the same table.
 */

export interface Rank {
  readonly rank: number;
  /** Folders of src end in a slash, the others are files; of bench, the folders and the programs. */
  readonly rooms: readonly string[];
  readonly what: string;
}

export const ranks: readonly Rank[] = [
  { rank: 0, rooms: ['clock.ts', 'random.ts', 'service.ts', 'log.ts', 'tally.ts', 'html.ts', 'text/', 'version.ts'], what: 'effects, and what any room may need' },
  { rank: 1, rooms: ['pool/', 'plots/', 'http-service.ts', 'http-change.ts'], what: 'members, verdicts, rotation policies; drawings and pages; a small HTTP server as a service, and requests that change something' },
  { rank: 2, rooms: ['dns/', 'proxy/', 'origin/'], what: 'the services themselves; none knows another' },
  { rank: 3, rooms: ['metrics/', 'sim/'], what: 'listens to the services and speaks Prometheus; the model of resolvers, clients and queues, without any I/O' },
  { rank: 4, rooms: ['config/'], what: 'the schema, loading, errors that name the line' },
  { rank: 5, rooms: ['control/', 'study/'], what: 'probing workers, admin API, service discovery; simulations over threads and sweeps' },
  { rank: 6, rooms: ['tier/'], what: 'wires it all; child processes' },
  { rank: 7, rooms: ['bench/*/'], what: 'what benchmarks are made of' },
  { rank: 8, rooms: ['cli/', 'index.ts'], what: 'the command line and the public surface' },
  { rank: 9, rooms: ['bench/*.ts'], what: 'programs that measure' },
];

/**
 * `pool/` for `src/pool/policies/fixed.ts`, `clock.ts` for `src/clock.ts`; undefined for what is not in the house. The folders of
 * bench are one room and its programs another: they grow together, and cycles among them are forbidden anyway.
 */
export function roomOf(path: string): string | undefined {
  const [top, first, ...rest] = path.split('/');
  if (top === 'bench' && first !== undefined) return rest.length === 0 ? 'bench/*.ts' : 'bench/*/';
  if (top !== 'src' || first === undefined) return undefined;
  return rest.length === 0 ? first : `${first}/`;
}

export function rankOf(room: string): number | undefined {
  return ranks.find(({ rooms }) => rooms.includes(room))?.rank;
}
