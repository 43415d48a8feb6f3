/**
 * `proxy.cache`: a part of the schema of the configuration.
 */
import { text, z } from './kinds.js';

export const cache = z
  .strictObject({
    bytesMax: z.int().min(0).default(0).describe('Bytes of memory for stored responses, those that are arriving included; 0: no cache.'),
    entriesMax: z.int().min(1).max(100_000_000).default(1_000_000).describe('Stored responses; beyond either, those of least use go.'),
    objectBytesMax: z.int().min(0).default(10_485_760).describe('A response with a longer body is passed on and not stored, other than in slices.'),
    sliceBytes: z.int().min(0).max(1_073_741_824).default(1_048_576).describe('Ranges of what is not stored whole, and longer bodies, are fetched and kept in slices of so many bytes, each when it is wanted; 0, or more than half of `bytesMax`: they are passed on.'),
    graceS: z.int().min(0).max(2_147_483_648).default(0).describe('How long a stale response is used while a fresh one is fetched, where it says nothing of `stale-while-revalidate` itself.'),
    keepS: z.int().min(0).max(2_147_483_648).default(2_147_483_648).describe('How long a stale response is kept to be validated, beyond what it may still be used for (`keep` of Varnish); by default until its room is needed.'),
    staleIfErrorS: z.int().min(0).max(2_147_483_648).default(0).describe('How long a stale response stands in when the origin fails, where it says nothing of `stale-if-error` itself.'),
    heuristicMaxS: z.int().min(0).max(2_147_483_648).default(86_400).describe('A response that says nothing of its freshness is fresh for a tenth of the time since Last-Modified, at most so long; 0: never.'),
    negativeTtlS: z.int().min(0).max(86_400).default(0).describe('How long a 404, 405, 410, 414 or 501 is fresh that says nothing of its freshness; 0: as for other responses.'),
    minUses: z.int().min(1).max(1_000_000).default(1).describe('How often something must be asked for before it is stored. Of 65,536 URLs this is counted, of those asked for last.'),
    hitForMissS: z.int().min(0).max(86_400).default(120).describe('After an answer that could not be shared, requests of its URL do not wait for each other for so long.'),
    setCookie: z.boolean().default(false).describe('Whether responses with Set-Cookie are stored, and everybody gets the cookie.'),
    disk: z
      .strictObject({
        directory: text.optional().describe('Where responses are also kept on disk, each worker in a directory of its own name; made when it is not there. Without it: nowhere.'),
        bytesMax: z.int().min(1_048_576).default(10_737_418_240).describe('Bytes on disk of one worker: bodies in whole blocks of 4 KiB, and their journal; beyond it those of least use go.'),
        entriesMax: z.int().min(1).max(100_000_000).default(1_000_000).describe('Stored responses on disk of one worker; what each takes in memory says docs/CACHE.md.'),
      })
      .prefault({})
      .describe('A second level behind memory that is still there after a restart.'),
  })
  .prefault({})
  .describe('A shared cache after RFC 9111; docs/CACHE.md says what it does with each directive.');
