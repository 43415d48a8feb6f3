/**
 * Loopback addresses that no other test uses. Whoever binds the same port twice (UDP and TCP, or again after closing) needs
 * one: on 127.0.0.1 any outgoing connection of another test may sit on that port meanwhile.
 */

let made = 0;

/** A loopback /24 of its own for each call in each test process: `127.x.y`. */
export function ownNetwork(): string {
  made += 1;
  return `127.${100 + (process.pid % 100)}.${(Math.floor(process.pid / 100) * 7 + made) % 250}`;
}
