/**
 * Messages as text, ready to be written (RFC 9112 §5 and §7.1). What may stand in it was asserted before.
 */
import type { Fields } from '../../fields.js';

export function rendered(fields: Fields): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`; // pairs
  return text;
}

export const chunkStart = (bytes: number): string => `${bytes.toString(16)}\r\n`;
export const chunkEnd = '\r\n';
export const lastChunk = '0\r\n\r\n';
