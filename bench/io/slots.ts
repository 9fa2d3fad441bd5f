import type { IoRequest, PagePool, PageRange } from '../../lib/io/index.js';
import { Slot, type Job, type Loop } from './job.js';

/** A slot in memory of its own, whose system calls end in a callback that is there already. */
export class RawSlot extends Slot {
  ended: (error: Error | null, bytes: number) => void = () => undefined;
  /** Pieces of its request that have not ended. */
  pieces = 0;

  static make({ depth, size }: Job): RawSlot[] {
    return Array.from({ length: depth }, () => new RawSlot(Buffer.allocUnsafeSlow(size)));
  }

  tell(loop: Loop<RawSlot>): void {
    this.ended = (error, bytes) => {
      loop.end(this, error, bytes);
    };
  }
}

/** A slot in pages, for requests of this package. */
export class PagedSlot extends Slot {
  readonly range: PageRange;
  /** For `notify`. */
  ended: (request: IoRequest) => void = () => undefined;

  static make({ depth, size }: Job, pool: PagePool): PagedSlot[] {
    return Array.from({ length: depth }, () => new PagedSlot(pool, size));
  }

  constructor(pool: PagePool, size: number) {
    const pages = pool.allocate(size);
    super(pages.view()!);
    this.range = pages.range();
  }

  tell(loop: Loop<PagedSlot>): void {
    this.ended = (request) => {
      if (request.state === 'done') loop.end(this, null, request.value);
      else loop.end(this, request.error, 0);
    };
  }
}
