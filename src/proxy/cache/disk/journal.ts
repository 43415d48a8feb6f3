/**
 * The journal: one file that is appended to, and written anew beside itself when more than half of it is dead.
 *
 * What is appended is in the kernel's hands when the call returns, so that a process that is killed has forgotten nothing that it
 * took back: it costs a short `write` on the spot. Only while the disk stalls it waits in memory.
 */
import { constants, readSync, renameSync, writeSync } from 'node:fs';
import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { idOf, isWhole, parseLine, type JournalRecord } from './record.js';
import type { Watch } from './watch.js';

/** Less than this is not worth the work. */
export const compactBytes = 65_536;
/** Read at once, and so worked through in one go: a few milliseconds. */
const pieceBytes = 65_536;
/** No head is as long as this: beyond it, it is no journal. */
const lineBytesMax = 16_777_216;

/** As `a+`, but empty. */
const anew = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** A line as it was found; without a record it is damaged. */
export interface Line {
  readonly record: JournalRecord | undefined;
  readonly offset: number;
  readonly bytes: number;
}

export class Journal {
  readonly #path: string;
  readonly #watch: Watch;
  #file: FileHandle | undefined;
  #waiting: string[] = [];
  #forgotten = false;
  /** Of the file, and of what waits for it. */
  bytes = 0;

  constructor(directory: string, watch: Watch) {
    this.#path = join(directory, 'journal');
    this.#watch = watch;
  }

  /** Reads what is there. What is behind the last line end was being written when a process died: it goes. */
  async open(onLine: (line: Line) => void): Promise<void> {
    const file = await open(this.#path, 'a+');
    this.#file = file;
    this.#forgotten = false;
    const { size } = await file.stat();
    for await (const { text, offset } of this.#lines(file, size)) {
      this.bytes = offset + text.length + 1;
      onLine({ record: parseLine(text), offset, bytes: text.length + 1 });
    }
    if (this.bytes < size) await file.truncate(this.bytes);
  }

  /** @param lines with their line ends, in ASCII. @returns where they stand. @throws what the file system says. */
  append(lines: string): number {
    const offset = this.bytes;
    this.bytes += lines.length;
    this.#waiting.push(lines);
    this.flush();
    return offset;
  }

  /** Writes what waits, unless that would hold everybody up. */
  flush(): void {
    if (this.#file === undefined || this.#waiting.length === 0 || this.#watch.stalled) return;
    const lines = Buffer.from(this.#waiting.join(''), 'latin1');
    this.#waiting = [];
    writeAll(this.#file.fd, lines);
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** What is written, onto the medium. */
  async sync(): Promise<void> {
    this.flush();
    await this.#file?.datasync();
  }

  /** Undefined: it is not what was written there. */
  async read(offset: number, bytes: number): Promise<JournalRecord | undefined> {
    const buffer = Buffer.allocUnsafe(bytes);
    const read = await this.#file?.read(buffer, 0, bytes, offset).catch(() => undefined); // damage
    return read?.bytesRead === bytes ? parseLine(buffer.toString('latin1', 0, bytes - 1)) : undefined;
  }

  /**
   * Written anew, with what is live. Nothing but drops and soft purges may be appended meanwhile.
   *
   * @param first lines that come before
   * @param onMoved told, before anything else happens, where each put line stands now
   */
  async compact(first: string, isLive: (id: number) => boolean, onMoved: (offsets: ReadonlyMap<number, number>) => void): Promise<void> {
    const old = this.#file;
    if (old === undefined) return;
    const target = await open(`${this.#path}.new`, anew);
    try {
      if (await this.#copy(old, target, first, isLive, onMoved)) await old.close();
      else await target.close();
    } catch (error) {
      await target.close().catch(() => undefined); // the first error is the one to tell
      throw error;
    }
  }

  /** @returns whether the target is the journal now. */
  async #copy(
    old: FileHandle,
    target: FileHandle,
    first: string,
    isLive: (id: number) => boolean,
    onMoved: (offsets: ReadonlyMap<number, number>) => void,
  ): Promise<boolean> {
    const offsets = new Map<number, number>();
    let [bytes, piece, end] = [0, first, 0];
    for await (const { text, offset } of this.#lines(old, this.bytes)) {
      end = offset + text.length + 1;
      const id = idOf(text);
      if (id === undefined || !isLive(id) || !isWhole(text)) continue;
      if (!offsets.has(id)) offsets.set(id, bytes + piece.length);
      piece += `${text}\n`;
      if (piece.length < pieceBytes) continue;
      await this.#watch.over(target.appendFile(piece, 'latin1'));
      bytes += piece.length;
      piece = '';
    }
    // What was appended meanwhile, and the change of names, in one go: nothing may come between.
    this.flush();
    if (this.#forgotten || this.isWaiting) return false; // it was given up meanwhile, or the disk stalls: another time
    const tail = readAll(old.fd, end, this.bytes - end);
    writeAll(target.fd, Buffer.concat([Buffer.from(piece, 'latin1'), tail]));
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = target;
    this.bytes = bytes + piece.length + tail.length;
    onMoved(offsets);
    return true;
  }

  /** Each whole line before `end`, a piece at a time: others may use the disk meanwhile. */
  async *#lines(file: FileHandle, end: number): AsyncGenerator<{ readonly text: string; readonly offset: number }> {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    let [rest, offset] = ['', 0];
    for (let position = 0; position < end; ) {
      const { bytesRead } = await this.#watch.over(file.read(buffer, 0, Math.min(pieceBytes, end - position), position));
      if (bytesRead === 0 || rest.length > lineBytesMax) return;
      position += bytesRead;
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        yield { text, offset };
        offset += text.length + 1;
      }
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Nothing of it is to be believed by the next process. */
  async forget(): Promise<void> {
    this.#forgotten = true; // also of one that is being written
    await rm(this.#path, { force: true }).catch(() => writeFile(this.#path, ''));
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written, bytes.length - written);
}

function readAll(fd: number, offset: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let read = 0; read < bytes; ) {
    const more = readSync(fd, buffer, read, bytes - read, offset + read);
    if (more === 0) throw new Error('the journal is shorter than what was written to it');
    read += more;
  }
  return buffer;
}
