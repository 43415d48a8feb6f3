/**
 * The earliest of a fixed number of times, each of which may be set anew: a tournament tree. Of equals the lower index.
 */

export interface Earliest {
  set(index: number, atS: number): void;
  timeS(): number;
  index(): number;
}

export function createEarliest(count: number): Earliest {
  let leaves = 1;
  while (leaves < count) leaves *= 2;
  const times = new Float64Array(leaves).fill(Infinity);
  const winners = new Int32Array(2 * leaves);
  for (let index = 0; index < leaves; index += 1) winners[leaves + index] = index;
  const play = (node: number): void => {
    const left = winners[2 * node] as number; // node < leaves, so both children exist
    const right = winners[2 * node + 1] as number;
    winners[node] = (times[right] as number) < (times[left] as number) ? right : left;
  };
  for (let node = leaves - 1; node > 0; node -= 1) play(node);
  return {
    set(index, atS) {
      times[index] = atS;
      for (let node = (leaves + index) >> 1; node > 0; node >>= 1) play(node);
    },
    timeS: () => times[winners[1] as number] as number,
    index: () => winners[1] as number,
  };
}
