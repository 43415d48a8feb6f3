/**
 * The addresses from which emulated resolvers ask: loopback networks of their own, a /24 for each as in the simulator, so that
 * policies which know networks know resolvers; beyond 32,768 resolvers several share one. The lower half of 127.0.0.0/8 is left to
 * workers and servers.
 */

const networks = 2 ** 15;
const hostsMax = 254;

export const sourcesMax = networks * hostsMax;

/** `127.128.0.1` for resolver 0. @param resolver below `sourcesMax` */
export function sourceOf(resolver: number): string {
  const network = resolver % networks;
  const host = 1 + Math.floor(resolver / networks);
  return `127.${128 + (network >> 8)}.${network & 255}.${host}`;
}
