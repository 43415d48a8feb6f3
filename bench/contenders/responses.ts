/**
 * What the origin of the proxies brings, by path: little, much, and something to be stored that says how many of it were made.
 */
const small = Buffer.alloc(100, 'x');
/** No two kilobytes of it are the same. */
const large = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 2654435761) >>> 20));

export const bodies = { '/': small, '/large': large, '/cached': small };
export type BodyPath = keyof typeof bodies;

export function responseTo(path: BodyPath, more = ''): Buffer {
  const body = bodies[path];
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n${more}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Fresh for an hour. */
export const responseToStore = (made: number): Buffer => responseTo('/cached', `Cache-Control: max-age=3600\r\nX-Made: ${made}\r\n`);
