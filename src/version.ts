/**
 * Which Roundhouse this is and where it lies: the folder of package.json, found by the package's own name, because the sources
 * and what is compiled from them are not equally deep below it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const packageFile = pathToFileURL(createRequire(import.meta.url).resolve('roundhouse/package.json'));

/** `new URL('scenarios/', packageRoot)` */
export const packageRoot = new URL('./', packageFile);

export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string }; // our own file
