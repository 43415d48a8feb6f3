/**
 * What a page is made from: what was simulated, point by point of the sweep, and how to make it again. Names, labels and the
 * scenario come from users: whatever of them reaches the page goes through `escapeHtml`.
 */
import type { Summary } from '../summary.js';

export interface PagePoint {
  /** What people call it: `policy round-robin, ttl 240`; without a sweep the policy will do. */
  readonly label: string;
  /** What the sweep set here, key → value; every point has the same keys. Empty without a sweep. */
  readonly settings: Readonly<Record<string, string>>;
  readonly summary: Summary;
}

export interface PageInput {
  /** Name or path of the scenario. */
  readonly scenario: string;
  /** Its sentence or two for people. */
  readonly description: string;
  readonly points: readonly PagePoint[];
  /** The effective scenario, ready to be pasted. */
  readonly scenarioYaml: string;
  /** The command line that makes this page. */
  readonly command: string;
  /** Of Roundhouse. */
  readonly version: string;
  readonly seed: number;
}
