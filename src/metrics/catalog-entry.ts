/**
 * What the catalogue says of a metric.
 */
export type Role = 'worker' | 'dns';

export interface CatalogEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly roles: readonly Role[];
  readonly help: string;
  /** Each label with its closed list, or with whose names its values are. */
  readonly labels: Readonly<Record<string, readonly string[] | string>>;
}
