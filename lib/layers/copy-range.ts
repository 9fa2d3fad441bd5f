import type { BlockDevice } from '../io/device.js';
import type { ByteRange } from '../io/io-error.js';
import type { IoRequest } from '../io/io-request.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf } from '../io/ranges.js';
import { writeMember } from './member-io.js';

/** Bytes that are copied at a time. */
export const COPY_CHUNK: number = 64 * 1024;

interface Copy {
  /** Devices to read from: the next where one fails. At least one. */
  readonly sources: readonly BlockDevice[];
  /** Devices to write to. */
  readonly targets: readonly BlockDevice[];
  /** Where on all devices the data begins that positions count from. */
  readonly start: number;
  /** What to copy; whole blocks. */
  readonly ranges: readonly ByteRange[];
  readonly blockSize: number;
  readonly pool: PagePool;
  /** Stable on the targets when it ends. */
  readonly fua: boolean;
}

export interface Copied {
  /** Targets that a write to has failed, and what was not written to them: the rest of the ranges was (I4). */
  readonly failed: ReadonlyMap<BlockDevice, readonly ByteRange[]>;
  /** Blocks that no source could read, or for which there was no memory; they were copied to no target. */
  readonly unread: readonly ByteRange[];
  /** There was no memory: nothing was copied. */
  readonly starved: boolean;
}

/**
 * Copies ranges from device to device, with I/O of its own that no cancel reaches. A chunk that no source can read as a
 * whole is read block by block. `then` is called when nothing runs any more, now or later.
 */
export function copyRanges(copy: Copy, then: (copied: Copied) => void): void {
  new Copier(copy, then).run();
}

class Copier implements Copied {
  readonly failed: Map<BlockDevice, readonly ByteRange[]> = new Map<BlockDevice, readonly ByteRange[]>();
  readonly unread: ByteRange[] = [];
  starved = false;
  private readonly copy: Copy;
  /** Not called `then`: what was copied may be given to a promise. */
  private readonly tell: (copied: Copied) => void;
  private readonly pages: PageVector | null;
  /** What is left, last to first. */
  private readonly todo: ByteRange[];
  private running = false;
  private again = false;

  constructor(copy: Copy, then: (copied: Copied) => void) {
    this.copy = copy;
    this.tell = then;
    this.todo = copy.ranges.filter((range) => range.length > 0).reverse();
    this.pages = allocate(copy);
  }

  /** Goes on; flat, although devices may answer at once. */
  run(): void {
    this.again = true;
    if (this.running) return;
    this.running = true;
    while (this.again) {
      this.again = false;
      this.next();
    }
    this.running = false;
  }

  private next(): void {
    const range = this.todo.pop();
    const size = this.pages?.length ?? 0;
    if (range === undefined || this.pages === null) {
      if (range !== undefined) {
        this.starved = true;
        this.unread.push(range, ...this.todo);
      }
      this.pages?.free();
      this.tell(this);
      return;
    }
    if (range.length > size) {
      this.todo.push({ offset: range.offset + size, length: range.length - size });
      this.read(this.pages, { offset: range.offset, length: size }, 0);
    } else this.read(this.pages, range, 0);
  }

  private read(pages: PageVector, range: ByteRange, index: number): void {
    const source = this.copy.sources[index];
    if (source === undefined) {
      this.cannotRead(range);
      return;
    }
    let request: IoRequest;
    try {
      request = source.read(pages.range(0, range.length), { position: this.copy.start + range.offset });
    } catch {
      this.read(pages, range, index + 1);
      return;
    }
    request.notify(() => {
      if (request.state === 'done' && request.value === range.length) this.write(pages, range, source);
      else this.read(pages, range, index + 1);
    });
  }

  private cannotRead({ offset, length }: ByteRange): void {
    const { blockSize } = this.copy;
    if (length === blockSize) this.unread.push({ offset, length });
    else {
      for (let at = offset + length - blockSize; at >= offset; at -= blockSize) {
        this.todo.push({ offset: at, length: blockSize });
      }
    }
    this.run();
  }

  private write(pages: PageVector, { offset, length }: ByteRange, source: BlockDevice): void {
    const { start, fua } = this.copy;
    const targets = this.copy.targets.filter((target) => target !== source && !this.failed.has(target));
    let pending = targets.length + 1;
    const ended = (): void => {
      if (--pending === 0) this.run();
    };
    for (const target of targets) {
      writeMember(target, pages.range(0, length), { position: start + offset, fua }, (error) => {
        if (error !== null) {
          const missed = complementOf(error.succeeded, length);
          // What is left: nothing more goes to this target.
          this.failed.set(target, [...missed.map((range) => shifted(range, offset)), ...this.todo]);
        }
        ended();
      });
    }
    ended();
  }
}

function shifted({ offset, length }: ByteRange, by: number): ByteRange {
  return { offset: offset + by, length };
}

/** A chunk, or at least a block; null when the pool is used up. */
function allocate({ pool, blockSize, ranges }: Copy): PageVector | null {
  const longest = ranges.reduce((most, { length }) => Math.max(most, length), blockSize);
  for (const bytes of [Math.min(longest, Math.max(COPY_CHUNK, blockSize)), blockSize]) {
    try {
      return pool.allocate(bytes);
    } catch {
      // A smaller one, then.
    }
  }
  return null;
}
