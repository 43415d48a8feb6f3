/**
 * A binary heap of events (time, id) in typed arrays that grow, the least on top: what an event queue has to sort at a time.
 */

export interface EventHeap {
  times: Float64Array;
  ids: Int32Array;
  size: number;
}

export function createEventHeap(): EventHeap {
  return { times: new Float64Array(64), ids: new Int32Array(64), size: 0 };
}

/** Allocates only when it has never been so full. */
export function push(heap: EventHeap, time: number, id: number): void {
  if (heap.size === heap.ids.length) grow(heap);
  const { times, ids } = heap;
  let place = heap.size;
  heap.size += 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const parentTime = times[parent] as number; // places below `size` are there, here and below
    const parentId = ids[parent] as number;
    if (parentTime < time || (parentTime === time && parentId < id)) break;
    times[place] = parentTime;
    ids[place] = parentId;
    place = parent;
  }
  times[place] = time;
  ids[place] = id;
}

/** Takes the top off; the heap must not be empty. */
export function pop(heap: EventHeap): void {
  const { times, ids } = heap;
  heap.size -= 1;
  const { size } = heap;
  const time = times[size] as number;
  const id = ids[size] as number;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= size) break;
    let childTime = times[child] as number;
    if (child + 1 < size) {
      const right = times[child + 1] as number;
      if (right < childTime || (right === childTime && (ids[child + 1] as number) < (ids[child] as number))) {
        child += 1;
        childTime = right;
      }
    }
    const childId = ids[child] as number;
    if (time < childTime || (time === childTime && id < childId)) break;
    times[place] = childTime;
    ids[place] = childId;
    place = child;
  }
  times[place] = time;
  ids[place] = id;
}

function grow(heap: EventHeap): void {
  const { times, ids } = heap;
  heap.times = new Float64Array(2 * times.length);
  heap.times.set(times);
  heap.ids = new Int32Array(2 * ids.length);
  heap.ids.set(ids);
}
