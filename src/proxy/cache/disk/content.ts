/**
 * Bodies on disk, each in a file named by its SHA-256, counted by who refers to it; equal ones share a file.
 *
 * A file gets its name when it is whole: what has a name has all its bytes, unless the machine itself fell; and whoever reads one
 * compares the digest.
 */
import { createHash, webcrypto } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface File {
  readonly bytes: number;
  references: number;
}

/** Beyond it a digest is reckoned in the thread pool. */
const inThreadBytes = 65_536;
const blockBytes = 4096;

/** What a file of so many bytes takes in most file systems. */
export const diskBytes = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

export async function digestOf(body: Buffer): Promise<string> {
  if (body.length <= inThreadBytes) return createHash('sha256').update(body).digest('hex');
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body)).toString('hex');
}

export class Content {
  readonly #directory: string;
  readonly #files = new Map<string, File>();
  readonly #folders = new Set<string>();
  #temporaries = 0;
  /** Of all files that are referred to, in whole blocks. */
  bytes = 0;

  constructor(directory: string) {
    this.#directory = join(directory, 'content');
  }

  has(digest: string): boolean {
    return this.#files.has(digest);
  }

  refer(digest: string, bytes: number): void {
    const file = this.#files.get(digest);
    if (file !== undefined) file.references += 1;
    else {
      this.#files.set(digest, { bytes: diskBytes(bytes), references: 1 });
      this.bytes += diskBytes(bytes);
    }
  }

  /** @returns whether the file is nobody's any more. */
  release(digest: string): boolean {
    const file = this.#files.get(digest);
    if (file === undefined || (file.references -= 1) > 0) return false;
    this.#files.delete(digest);
    this.bytes -= file.bytes;
    return true;
  }

  async write(digest: string, body: Buffer): Promise<void> {
    const folder = this.#folderOf(digest);
    if (!this.#folders.has(folder)) await mkdir(folder, { recursive: true });
    this.#folders.add(folder);
    const temporary = join(folder, `tmp-${(this.#temporaries += 1)}`);
    try {
      await writeFile(temporary, body);
      await rename(temporary, this.#pathOf(digest));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined); // at the next start it goes
      throw error;
    }
  }

  /** Undefined: it is not what was written, or cannot be read. */
  async read(digest: string): Promise<Buffer | undefined> {
    const body = await readFile(this.#pathOf(digest)).catch(() => undefined); // a sector that fails is damage as any other
    return body !== undefined && (await digestOf(body)) === digest ? body : undefined;
  }

  async remove(digest: string): Promise<void> {
    if (!this.has(digest)) await rm(this.#pathOf(digest), { force: true });
  }

  /** The digests that are there; what is no whole body goes. */
  async list(): Promise<Set<string>> {
    const digests = new Set<string>();
    await mkdir(this.#directory, { recursive: true });
    for (const folder of await readdir(this.#directory)) {
      for (const name of await readdir(join(this.#directory, folder))) {
        if (/^[0-9a-f]{64}$/.test(name)) digests.add(name);
        else await rm(join(this.#directory, folder, name), { force: true });
      }
    }
    return digests;
  }

  #folderOf = (digest: string): string => join(this.#directory, digest.slice(0, 2));
  #pathOf = (digest: string): string => join(this.#folderOf(digest), digest);
}
