/**
 * `nearest`: the members of the requestor's location, in strict rotation; all members, when none there is eligible or
 * nobody knows where the requestor is.
 *
 * Members elsewhere are not put behind those of the location: clients shuffle lists, and a client in London shall not be
 * sent to Tokyo by chance. Who is down, withdrawn or alarmed is not eligible, so a location that is full as a whole falls
 * back to the others by itself, and back again. Each location has a rotation of its own, and so has the fall-back.
 */
import type { Locations } from '../locations.js';
import type { PoolMember } from '../pool.js';
import type { Rotation } from '../rotation.js';

interface Place {
  readonly rotation: Rotation;
  readonly members: PoolMember[];
  /** Of each of them, where it stands among the eligible. */
  positions: Uint16Array;
}

/** @param newRotation called for each location, and for all. */
export function createNearest(locations: Locations, newRotation: () => Rotation): Rotation {
  const everywhere = newRotation();
  const places = locations.names.map((): Place => ({ rotation: newRotation(), members: [], positions: new Uint16Array(0) }));
  const indices = new Map(locations.names.map((name, index) => [name, index]));
  let sorted: readonly PoolMember[] = [];

  /** Who is eligible changes seldom; the caller passes the same array until it does. */
  function sort(eligible: readonly PoolMember[]): void {
    sorted = eligible;
    for (const place of places) {
      place.members.length = 0;
      if (place.positions.length < eligible.length) place.positions = new Uint16Array(eligible.length);
    }
    eligible.forEach((member, position) => {
      const place = places[indices.get(member.location ?? '') ?? -1];
      if (place === undefined) return;
      place.positions[place.members.length] = position;
      place.members.push(member);
    });
  }

  return {
    order(eligible, requestor, maxAnswers, order) {
      if (eligible !== sorted) sort(eligible);
      const index = requestor.location ?? locations.locate(requestor.address);
      const place = index < 0 ? undefined : places[index];
      if (place === undefined || place.members.length === 0) return everywhere.order(eligible, requestor, maxAnswers, order);
      const count = place.rotation.order(place.members, requestor, maxAnswers, order);
      for (let at = 0; at < count; at += 1) order[at] = place.positions[order[at] as number] as number; // indices of its members
      return count;
    },
  };
}
