/**
 * The strict reader refuses what it must: otherwise a page that passes it proves nothing.
 */
import { describe, expect, it } from 'vitest';
import { readMarkup } from './strict-markup.js';

describe('the strict reader', () => {
  it.each([
    ['<p>'],
    ['<p></b>'],
    ['<p><b></p></b>'],
    ['</p>'],
    ['<br>'],
    ['<p a=1></p>'],
    ['<p a="1" a="2"></p>'],
    ['<p a="<"></p>'],
    ['<p>a < b</p>'],
    ['<p>a & b</p>'],
    ['<p>&nbsp;</p>'],
    ['<p a="&"></p>'],
  ])('refuses %s', (page) => {
    expect(() => readMarkup(page)).toThrow();
  });

  it('tells elements and text', () => {
    expect(readMarkup('<!doctype html>\n<p a="1" b-c="&quot;x">a &lt; b<br /></p>')).toEqual({
      elements: [{ name: 'p', attributes: { a: '1', 'b-c': '"x' } }, { name: 'br', attributes: {} }],
      text: 'a < b',
    });
  });
});
