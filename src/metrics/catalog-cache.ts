/**
 * The metrics of the cache: a part of the catalogue.
 */
import { cacheWords } from '../proxy/cache/cache-status.js';
import { notStoredReasons } from '../proxy/cache/storing.js';
import type { CatalogEntry } from './catalog-entry.js';

const worker = ['worker'] as const;
const none = {};

export const cacheCatalog = {
  roundhouse_cache_requests_total: {
    type: 'counter',
    roles: worker,
    help: 'Finished exchanges by what the cache did with them: hit, or why they went to the origin, in the words of RFC 9211.',
    labels: { status: cacheWords },
  },
  roundhouse_cache_collapsed_requests_total: { type: 'counter', roles: worker, help: 'Requests that shared what another one had fetched.', labels: none },
  roundhouse_cache_background_fetches_total: {
    type: 'counter',
    roles: worker,
    help: 'Fetches behind a stale response that was served (stale-while-revalidate, proxy.cache.graceS).',
    labels: none,
  },
  roundhouse_cache_stored_responses_total: { type: 'counter', roles: worker, help: 'Responses stored.', labels: none },
  roundhouse_cache_not_stored_responses_total: {
    type: 'counter',
    roles: worker,
    help: 'Responses that were fetched for the cache and not stored, or not kept, and why.',
    labels: { reason: notStoredReasons },
  },
  roundhouse_cache_invalidated_responses_total: {
    type: 'counter',
    roles: worker,
    help: 'Stored responses removed because an unsafe request went by.',
    labels: none,
  },
  roundhouse_cache_purged_responses_total: {
    type: 'counter',
    roles: worker,
    help: 'Stored responses removed, or made stale, by the operator or as a cache group (RFC 9875).',
    labels: none,
  },
  roundhouse_cache_sliced_changes_total: {
    type: 'counter',
    roles: worker,
    help: 'Objects kept in slices (proxy.cache.sliceBytes) that turned out to have changed at the origin, and were dropped.',
    labels: none,
  },
  roundhouse_cache_evicted_responses_total: { type: 'counter', roles: worker, help: 'Stored responses removed to make room.', labels: none },
  roundhouse_cache_stored_bytes: {
    type: 'gauge',
    roles: worker,
    help: 'Memory of stored responses and of bodies that are arriving to be stored (proxy.cache.bytesMax).',
    labels: none,
  },
  roundhouse_cache_disk_bytes: { type: 'gauge', roles: worker, help: 'Bodies and journal on disk (proxy.cache.disk.bytesMax).', labels: none },
  roundhouse_cache_disk_entries: { type: 'gauge', roles: worker, help: 'Stored responses on disk (proxy.cache.disk.entriesMax).', labels: none },
  roundhouse_cache_disk_hits_total: { type: 'counter', roles: worker, help: 'Stored responses read back from disk.', labels: none },
  roundhouse_cache_disk_damaged_total: { type: 'counter', roles: worker, help: 'What was on disk and is missing or damaged: fetched anew.', labels: none },
  roundhouse_cache_disk_skipped_total: { type: 'counter', roles: worker, help: 'Responses not written: disk too slow, or no room.', labels: none },
  roundhouse_cache_disk_off: { type: 'gauge', roles: worker, help: '1 when the disk failed and the cache goes on in memory alone.', labels: none },
  roundhouse_cache_entries: { type: 'gauge', roles: worker, help: 'Stored responses (proxy.cache.entriesMax).', labels: none },
} as const satisfies Record<string, CatalogEntry>;
