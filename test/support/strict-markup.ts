/**
 * A reader of HTML that forgives nothing: what it accepts is well-formed XML but for the doctype. Browsers guess what a broken
 * page meant, so a test that asked one would not see that a quote is missing.
 */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Markup {
  readonly elements: readonly Element[];
  /** Text between tags, entities decoded; of `style` nothing. */
  readonly text: string;
}

const tag = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
const attribute = /([\w:-]+)="([^"]*)"/g;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** @throws Error that says where it is not well-formed */
export function readMarkup(page: string): Markup {
  const elements: Element[] = [];
  const open: string[] = [];
  let text = '';
  const start = /^<!doctype html>\n/.exec(page)?.[0].length ?? 0;
  for (let at = start; at < page.length; ) {
    if (page[at] !== '<') {
      const end = nextTag(page, at);
      text += open.at(-1) === 'style' ? '' : decoded(page.slice(at, end));
      at = end;
      continue;
    }
    tag.lastIndex = at;
    const found = tag.exec(page);
    if (found === null) throw new Error(`no tag: ${page.slice(at, at + 80)}`);
    const [whole, closing = '', name = '', attributes = '', selfClosing = ''] = found;
    at += whole.length;
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`closes what is not open: ${whole} at ${at}`);
      continue;
    }
    elements.push({ name, attributes: readAttributes(attributes) });
    if (selfClosing === '') open.push(name);
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return { elements, text };
}

function nextTag(page: string, at: number): number {
  const end = page.indexOf('<', at);
  return end < 0 ? page.length : end;
}

function readAttributes(source: string): Record<string, string> {
  const pairs = [...source.matchAll(attribute)].map(([, name = '', value = '']) => [name, decoded(value)] as const);
  const attributes = Object.fromEntries(pairs);
  if (Object.keys(attributes).length < pairs.length) throw new Error(`an attribute twice: ${source}`);
  return attributes;
}

function decoded(source: string): string {
  return source.replaceAll(/&([^;\s]*;?)/g, (whole, name: string) => {
    const character = entities[name.replace(/;$/, '')];
    if (!name.endsWith(';') || character === undefined) throw new Error(`no entity: ${whole}`);
    return character;
  });
}
