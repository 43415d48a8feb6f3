/**
 * Whatever ours accepts, llhttp accepts as the same messages: whoever stands behind us and reads as strictly as Node or less so sees
 * the requests that we saw, and no others.
 */
import { createRandom } from '../../../../src/random.js';
import { inPieces, mutated, validRequests, validResponse } from './corpus.js';
import { readByNode, readByOurs, readResponseByNode, readResponseByOurs, type Message, type Verdict } from './peers.js';

export interface Tally {
  /** Made, and taken by ours for at least one whole message. */
  readonly made: number;
  readonly accepted: number;
  /** For people: bytes, and what was made of them. */
  readonly differences: readonly string[];
}

const shownMax = 5;

/** @param mutate false: valid messages, which both must accept whole. */
export async function compareRequests(seed: number, count: number, mutate: boolean): Promise<Tally> {
  const random = createRandom(seed);
  return compare(count, async () => {
    const text = mutate ? mutated(validRequests(random), random) : validRequests(random);
    const pieces = inPieces(text, random);
    return { text, ours: await readByOurs(pieces), theirs: await readByNode(pieces), mutate };
  });
}

export async function compareResponses(seed: number, count: number, mutate: boolean): Promise<Tally> {
  const random = createRandom(seed);
  return compare(count, async () => {
    const method = random.below(4) === 0 ? 'HEAD' : 'GET';
    const valid = validResponse(random, method);
    const text = mutate ? mutated(valid, random) : valid;
    const bytes = Buffer.from(text, 'latin1');
    return { text, ours: readResponseByOurs(bytes, method), theirs: await readResponseByNode(bytes, method), mutate };
  });
}

interface Case {
  readonly text: string;
  readonly ours: Verdict;
  readonly theirs: Verdict;
  readonly mutate: boolean;
}

async function compare(count: number, next: () => Promise<Case>): Promise<Tally> {
  const differences: string[] = [];
  let accepted = 0;
  for (let made = 0; made < count; made += 1) {
    const one = await next();
    if (one.ours.messages.some(({ complete }) => complete)) accepted += 1;
    const difference = differenceOf(one);
    if (difference !== undefined && differences.length < shownMax) differences.push(difference);
  }
  return { made: count, accepted, differences };
}

export function differenceOf({ text, ours, theirs, mutate }: Case): string | undefined {
  const shown = `${JSON.stringify(text)}\n  ours: ${JSON.stringify(ours)}\n  node: ${JSON.stringify(theirs)}`;
  if (!mutate && (ours.fault !== undefined || theirs.fault !== undefined)) return `a valid message was refused: ${shown}`;
  if (!mutate && ours.messages.length !== theirs.messages.length) return `a valid message was not seen: ${shown}`;
  const whole = ours.messages.filter(({ complete }) => complete);
  const wrong = whole.findIndex((message, index) => !isSame(message, theirs.messages[index]));
  return wrong < 0 ? undefined : `message ${wrong + 1} differs: ${shown}`;
}

function isSame(ours: Message, theirs: Message | undefined): boolean {
  return theirs !== undefined && theirs.complete && ours.body === theirs.body && isSameLine(ours, theirs) && isSameFields(ours, theirs);
}

/** Ours takes absolute targets apart. */
function isSameLine({ line }: Message, theirs: Message): boolean {
  const [method = '', target = '', version = ''] = theirs.line.split(' ');
  const origin = /^http:\/\/[^/?]+(.*)$/i.exec(target)?.[1];
  if (origin === undefined) return line === theirs.line;
  return line.startsWith(`${method} `) && line.endsWith(`${origin} ${version}`.trimStart()) && line.length <= theirs.line.length;
}

const isSameFields = (ours: Message, theirs: Message): boolean => ours.fields.join('\n') === theirs.fields.join('\n');
