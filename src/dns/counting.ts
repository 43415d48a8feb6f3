/**
 * From numbers on the wire to cells of the statistics: label values come from closed lists, whatever strangers ask for.
 */
import type { Query } from './query.js';
import { queryTypes, rcodes, transports, type DnsStats, type Transport } from './stats.js';
import { headerBytes, rcodeNumbers, typeCodes } from './wire.js';

export interface Counting {
  dropped(transport: Transport): void;
  /** `empty`: complete, but without an answer. */
  answered(query: Query, rcode: number, empty: boolean, transport: Transport): void;
  truncated(transport: Transport): void;
}

const noType = queryTypes.indexOf('none');
const otherType = queryTypes.indexOf('other');
const noData = rcodes.indexOf('NODATA');
const dropped = rcodes.indexOf('dropped');

/** Index into `queryTypes` by type number, up to the largest one that has a label. */
const typeIndices = new Uint8Array(typeCodes.CAA + 1).fill(otherType);
queryTypes.forEach((label, index) => {
  if (label in typeCodes) typeIndices[typeCodes[label as keyof typeof typeCodes]] = index; // `in` has checked it
});

const rcodeIndices = new Uint8Array(rcodeNumbers.BADVERS + 1);
for (const [label, number] of Object.entries(rcodeNumbers)) rcodeIndices[number] = rcodes.findIndex((rcode) => rcode === label);

const transportIndex = (transport: Transport): number => transports.indexOf(transport);

export function createCounting({ queries, truncatedTotal }: DnsStats): Counting {
  return {
    dropped: (transport) => queries.add(noType, dropped, transportIndex(transport)),
    answered(query, rcode, empty, transport) {
      const type = query.questionEnd === headerBytes ? noType : (typeIndices[query.type] ?? otherType);
      const outcome = empty && rcode === rcodeNumbers.NOERROR ? noData : (rcodeIndices[rcode] as number); // only rcodes of ours
      queries.add(type, outcome, transportIndex(transport));
    },
    truncated: (transport) => truncatedTotal.add(transportIndex(transport)),
  };
}
