/**
 * Stores on disk in directories of their own, one life after another.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createVirtualClock, type Clock } from '../../../../src/clock.js';
import { silentLog } from '../../../../src/log.js';
import { DiskStore } from '../../../../src/proxy/cache/disk/disk-store.js';
import { createDiskStats, type DiskOptions } from '../../../../src/proxy/cache/disk/options.js';
import type { StoredResponse } from '../../../../src/proxy/cache/stored-response.js';
import { noonMs, storedOf } from '../stored.js';

const directories: string[] = [];
const stores: DiskStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close(1000);
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-disk-'));
  directories.push(directory);
  return directory;
}

/** Monotonic time starts anew with each life, real time does not. */
export const clockAt = (realtimeMs: number, monotonicMs = 0): Clock => ({
  ...createVirtualClock(),
  realtimeMs: () => realtimeMs,
  monotonicMs: () => monotonicMs,
});

export function openingDisk(directory: string, overrides: Partial<DiskOptions> = {}) {
  const stats = createDiskStats();
  const bounds = { bytesMax: 10_000_000, entriesMax: 10_000 };
  const options = { directory, worker: 'w1', ...bounds, stats, clock: clockAt(noonMs), log: silentLog, ...overrides };
  const store = new DiskStore(options);
  stores.push(store);
  return { store, stats: options.stats, opened: store.open() };
}

export async function openDisk(directory: string, overrides: Partial<DiskOptions> = {}) {
  const { store, stats, opened } = openingDisk(directory, overrides);
  await opened;
  return { store, stats };
}

type Texts = readonly string[];
export const response = (key: string, body: Buffer | string = 'x', vary: Texts = [], request: Texts = [], status = 200): StoredResponse => ({
  ...storedOf(['Cache-Control', 'max-age=60', 'X-Latin', 'caf\u00e9', ...vary], '', request, status),
  key,
  body: Buffer.from(body),
});

export async function readBack(store: DiskStore, key: string, request: readonly string[] = []): Promise<StoredResponse | undefined> {
  const entry = store.find(key, request);
  return entry === undefined ? undefined : store.read(entry);
}

export const files = (directory: string): string[] =>
  readdirSync(join(directory, 'w1'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
export const contents = (directory: string): string[] => files(directory).filter((path) => path.includes('/content/'));
/** The disk is at it then. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** As after kill -9: the files as they are at this moment. */
export async function copyOf(directory: string): ReturnType<typeof openDisk> {
  const copy = newDirectory();
  cpSync(join(directory, 'w1'), join(copy, 'w1'), { recursive: true, filter: (path) => !path.endsWith('lock') });
  return openDisk(copy);
}

export const journalOf = (directory: string): string => join(directory, 'w1', 'journal');
