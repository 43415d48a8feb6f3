/**
 * The requests that one worker has in hand, earliest to finish first: a binary heap in typed arrays that grow.
 *
 * `key` is whatever orders them: the time of departure, or the amount of service at which processor sharing lets one go.
 */

export interface JobHeap {
  size(): number;
  push(key: number, arrivedS: number, extraS: number, client: number): void;
  /** Of the first one; Infinity when there is none. */
  firstKey(): number;
  firstArrivedS(): number;
  firstExtraS(): number;
  firstClient(): number;
  pop(): void;
}

const startCapacity = 64;

export function createJobHeap(): JobHeap {
  let keys = new Float64Array(startCapacity);
  let arrived = new Float64Array(startCapacity);
  let extra = new Float64Array(startCapacity);
  let clients = new Int32Array(startCapacity);
  let size = 0;

  function grow(): void {
    keys = longer(keys, new Float64Array(2 * size));
    arrived = longer(arrived, new Float64Array(2 * size));
    extra = longer(extra, new Float64Array(2 * size));
    clients = longer(clients, new Int32Array(2 * size));
  }

  function put(at: number, key: number, arrivedS: number, extraS: number, client: number): void {
    keys[at] = key;
    arrived[at] = arrivedS;
    extra[at] = extraS;
    clients[at] = client;
  }

  const move = (to: number, from: number): void =>
    put(to, keys[from] as number, arrived[from] as number, extra[from] as number, clients[from] as number); // both < size

  return {
    size: () => size,
    firstKey: () => (size === 0 ? Infinity : (keys[0] as number)),
    firstArrivedS: () => arrived[0] as number,
    firstExtraS: () => extra[0] as number,
    firstClient: () => clients[0] as number,
    push(key, arrivedS, extraS, client) {
      if (size === keys.length) grow();
      let child = size;
      size += 1;
      while (child > 0) {
        const parent = (child - 1) >> 1;
        if ((keys[parent] as number) <= key) break;
        move(child, parent);
        child = parent;
      }
      put(child, key, arrivedS, extraS, client);
    },
    pop() {
      size -= 1;
      if (size <= 0) return void (size = 0);
      const key = keys[size] as number;
      let parent = 0;
      for (;;) {
        let child = 2 * parent + 1;
        if (child >= size) break;
        if (child + 1 < size && (keys[child + 1] as number) < (keys[child] as number)) child += 1;
        if ((keys[child] as number) >= key) break;
        move(parent, child);
        parent = child;
      }
      move(parent, size);
    },
  };
}

function longer<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
