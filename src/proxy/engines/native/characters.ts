/**
 * Which bytes may stand where in a message, as tables: what a scanner asks of every byte must cost an index and nothing else.
 *
 * Indexed by the code of a latin1 character. Beyond the end of a string `charCodeAt` is NaN, and an index of NaN is undefined,
 * which is as good as 0: so scanners need no check for the end.
 */

type Table = Readonly<Record<number, 0 | 1>> & Uint8Array;

function tableOf(matches: (character: string) => boolean): Table {
  return Uint8Array.from({ length: 256 }, (_, code) => (matches(String.fromCharCode(code)) ? 1 : 0)) as unknown as Table; // 0 and 1
}

/** RFC 9110 §5.6.2. */
export const tokenCharacters = tableOf((character) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(character));
/** Field values: visible characters, space, tab and obs-text (RFC 9110 §5.5). */
export const valueCharacters = tableOf((character) => /[\t\x20-\x7e\x80-\xff]/.test(character));
/** Request targets of all forms: visible ASCII. Which form it is, and that it has no fragment, is for `request-target.ts`. */
export const targetCharacters = tableOf((character) => /[\x21-\x7e]/.test(character));

export const tab = 9;
export const lf = 10;
export const cr = 13;
export const space = 32;
export const colon = 58;
