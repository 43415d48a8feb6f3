/**
 * Which resolver a look-up goes to: the client's own, or one of the few that it uses besides.
 */
import { mix } from '../pool/policies/prefix.js';
import type { Random } from '../random.js';
import { recordWords, resolverAt } from './client-records.js';
import { drawKinds } from './kinds.js';
import type { Scenario } from './scenario.js';

export function createResolverChoice({ resolvers, clients }: Scenario, records: Int32Array, random: Random): (client: number) => number {
  const { perClient } = resolvers;
  const { count } = clients;
  if (perClient.length < 2) return (client) => records[client * recordWords + resolverAt] as number;
  const others = drawKinds(perClient.map((share) => ({ share })), records.length / recordWords, random);
  return (client) => {
    const other = random.below((others[client] as number) + 1);
    // The second and further resolvers of a client are those of other clients, so they are as popular as they are there.
    const like = other === 0 ? client : mix(Math.imul(client, 4) + other) % count;
    return records[like * recordWords + resolverAt] as number;
  };
}
