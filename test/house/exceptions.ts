/**
 * What is allowed although a rule forbids it, each with its reason. An entry that nobody needs any more is a violation.
 */

export interface Exception {
  /** The file that may. */
  readonly path: string;
  /** What: a banned name, a package, or nothing where the rule has but one thing to forbid. */
  readonly what: string;
  readonly why: string;
}

export const exceptions: Readonly<Record<string, readonly Exception[]>> = {
  effects: [
    { path: 'src/clock.ts', what: 'Date.now', why: 'the system clock' },
    { path: 'src/clock.ts', what: 'performance.now', why: 'the system clock' },
    { path: 'src/clock.ts', what: 'setTimeout', why: 'the system clock' },
    { path: 'src/log.ts', what: 'new Date()', why: 'the time of a log line is the real one' },
  ],
  packages: [
    { path: 'src/dns/wire.ts', what: 'dns2', why: 'encodes the records of answers …' },
    { path: 'src/dns/client-message.ts', what: 'dns2', why: '… which the client of `resolve` decodes' },
    { path: 'src/config/source.ts', what: 'yaml', why: 'reads the file with the place of each value …' },
    { path: 'src/config/print.ts', what: 'yaml', why: '… and `check` writes the effective one' },
  ],
  'file-length': [],
};

/** Files that nobody imports because they are where a process or a reader enters. */
export const entries: readonly string[] = [
  ...['src/cli/main.ts', 'src/cli/docs.ts', 'src/index.ts'],
  ...['bench/cache-disk.ts', 'bench/cache-store.ts', 'bench/dns.ts', 'bench/dns-responder.ts', 'bench/proxy.ts', 'bench/rotation.ts', 'bench/simulator.ts', 'bench/user-request.ts'],
];
