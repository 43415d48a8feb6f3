/**
 * Which Roundhouse this is, from package.json, which lies beside `src` and `dist`.
 */
import { readFileSync } from 'node:fs';

const packageFile = new URL('../package.json', import.meta.url);

export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string }; // our own file
