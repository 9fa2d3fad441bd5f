import { read, readSync, readv, readvSync, write, writeSync, writev, writevSync } from 'node:fs';
import { IoError, type NodeError } from '../io/io-error.js';
import type { Transfer } from '../io/io.js';
import { PagePool, type Run } from '../io/pages.js';
import type { OpenFile } from './file-open.js';
import { errorOf, READ, WRITE, type TransferThread } from './transfer-thread.js';
import type { Asker } from '../threads/work-thread.js';

/** How often a call that was interrupted, or moved no byte, is tried again before it counts as failed. */
const ATTEMPTS = 3;

/** Of the pages of a pool, so that direct writes take them. */
const ZEROES = new PagePool({ maxBytes: 64 * 1024 }).allocate(64 * 1024);

const NONE: Uint8Array[] = [];

/** Told that a transfer has ended, and may be used for the next. */
export type Ended = (transfer: FileTransfer, io: Transfer, bytes: number, error: IoError | null) => void;

/**
 * One read, write or writing of zeroes on its way between a file and memory. An object is used for one after the other,
 * so that a transfer allocates nothing where its memory is contiguous; short transfers go on where they ended, of a
 * direct one with the block in which they ended.
 */
export class FileTransfer implements Asker {
  private readonly file: OpenFile;
  private readonly thread: TransferThread | null;
  private readonly ended: Ended;
  /** Null at rest. */
  private io: Transfer | null = null;
  /** Where the memory is, and begins; when it is in several runs those are in `views`. */
  private memory: Uint8Array = new Uint8Array(0);
  private start = 0;
  private views: Uint8Array[] = NONE;
  /** Bytes moved so far. */
  private done = 0;
  private attempts = ATTEMPTS;
  private readonly returned = (error: NodeError | null, moved: number): void => {
    if (this.goesOn(error, moved)) this.call();
  };

  /** @param thread asked instead of the thread pool for what it takes; null where there is none */
  constructor(file: OpenFile, thread: TransferThread | null, ended: Ended) {
    this.file = file;
    this.thread = thread;
    this.ended = ended;
  }

  /** Begins; `ended` is called later, or with `blocking` before this returns. What it throws, it throws before. */
  begin(io: Transfer, blocking: boolean): void {
    this.choose(io);
    this.done = 0;
    this.attempts = ATTEMPTS;
    this.io = io;
    this.thread?.begins();
    if (blocking) this.callBlocking();
    else this.call();
  }

  /** Which memory: one run of a pool's, so that no view is made, or the views. */
  private choose({ operation, pages, offset, length }: Transfer): void {
    const zero = operation === 'writeZeroes';
    const source = zero ? ZEROES : pages;
    if (source === null) throw new TypeError(`A ${operation} without memory`);
    const only = zero ? null : source.onlyRun;
    if (only === null) {
      const runs = zero ? zeroes(length) : source.slices(offset, length);
      this.views = runs.map((run) => new Uint8Array(run.buffer, run.start, run.length));
      return;
    }
    this.start = only.start + offset;
    this.views = NONE;
    // A view of all of a pool's buffer grows with it, so that a pool's transfers share it.
    if (this.memory.buffer !== only.buffer) this.memory = new Uint8Array(only.buffer);
  }

  /** What the thread tells. */
  answered(result: number, ms: number): void {
    if (Number.isNaN(result)) {
      // The thread has ended: whether it moved these bytes is not known. They may be moved again, and the pool does it.
      this.call();
      return;
    }
    this.thread?.took(ms);
    const error = result >= 0 ? null : errorOf(result, this.io?.operation ?? '');
    this.returned(error, result);
  }

  private call(): void {
    const { io, done, views, memory, returned } = this;
    if (io === null || (views === NONE && this.ask(io))) return;
    const { fd } = this.file;
    const position = io.position + done;
    if (views !== NONE) (io.operation === 'read' ? readv : writev)(fd, this.rest(views), position, returned);
    else if (io.operation === 'read') read(fd, memory, this.start + done, io.length - done, position, returned);
    else write(fd, memory, this.start + done, io.length - done, position, returned);
  }

  private ask({ operation, position, length }: Transfer): boolean {
    const { thread, memory, done } = this;
    if (thread === null) return false;
    const kind = operation === 'read' ? READ : WRITE;
    return thread.ask(this, kind, memory.buffer, this.start + done, length - done, position + done);
  }

  private callBlocking(): void {
    let goesOn = true;
    while (goesOn && this.io !== null) {
      let error: NodeError | null = null;
      let moved = 0;
      try {
        moved = this.moveBlocking(this.io);
      } catch (caught) {
        error = caught as NodeError;
      }
      goesOn = this.goesOn(error, moved);
    }
  }

  private moveBlocking(io: Transfer): number {
    const { done, views, memory } = this;
    const { fd } = this.file;
    const position = io.position + done;
    if (views !== NONE) return (io.operation === 'read' ? readvSync : writevSync)(fd, this.rest(views), position);
    const start = this.start + done;
    const length = io.length - done;
    if (io.operation === 'read') return readSync(fd, memory, start, length, position);
    return writeSync(fd, memory, start, length, position);
  }

  /** Whether there is another call to make. */
  private goesOn(error: NodeError | null, moved: number): boolean {
    const { io, done } = this;
    if (io === null) return false;
    if (error !== null) {
      return (isPassing(error) && --this.attempts > 0) || this.end(io, done, IoError.from(error));
    }
    const total = done + moved;
    if (total >= io.length) return this.end(io, total, null);
    // Direct I/O begins at whole blocks only.
    this.done = total - (total % this.file.alignment);
    if (this.done > done) {
      this.attempts = ATTEMPTS;
      return true;
    }
    return --this.attempts > 0 || this.end(io, total, endsBefore(this.file.path, io));
  }

  private end(io: Transfer, bytes: number, error: IoError | null): false {
    this.io = null;
    this.views = NONE;
    this.thread?.ends();
    this.ended(this, io, bytes, error);
    return false;
  }

  private rest(views: Uint8Array[]): Uint8Array[] {
    if (this.done === 0) return views;
    return skip(views, this.done);
  }
}

function endsBefore(path: string, io: Transfer): IoError {
  return new IoError('EIO', { message: `${path} ends before ${String(io.position + io.length)}` });
}

/** What may succeed when it is tried again. */
function isPassing(error: NodeError): boolean {
  return error.code === 'EINTR' || error.code === 'EAGAIN';
}

/** What is left of the views behind so many bytes. */
function skip(views: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const view of views) {
    if (left >= view.length) left -= view.length;
    else {
      rest.push(left === 0 ? view : view.subarray(left));
      left = 0;
    }
  }
  return rest;
}

function zeroes(length: number): Run[] {
  const runs: Run[] = [];
  for (let left = length; left > 0; left -= ZEROES.length) {
    runs.push(...ZEROES.slices(0, Math.min(left, ZEROES.length)));
  }
  return runs;
}
