import { WaitQueue } from '../wait/queue.js';
import { PAGE_SIZE, PagePool, type PageRange, type PageVector } from '../io/pages.js';
import { COPIED_BYTES } from './outlet.js';

/** Pages on loan to a request. */
export interface Loan {
  readonly pages: PageVector;
  /** Bytes in front of what the request uses, for the head of its reply: a page where its payload is sent from here, else 0. */
  readonly front: number;
  /** Bytes that the request may use: a power of two. */
  readonly size: number;
  /** Those bytes, without a copy: one view unless the pool is fragmented. */
  readonly views: readonly Uint8Array[];
  /** The front and those bytes in one view; null where there is no front, or the pool is fragmented. */
  readonly whole: Uint8Array | null;
}

/** Kept for the next request, in bytes, when nobody needs them. */
const IDLE_BYTES = 8 << 20;

/** The memory of a server's requests: pages in powers of two, used again without going back to their pool. */
export class Buffers {
  /** Woken when some were given back. */
  readonly returned: WaitQueue = new WaitQueue();
  private readonly pool: PagePool;
  private readonly limit: number;
  private readonly idle = new Map<number, Loan[]>();
  private idleBytes = 0;
  private mostIdle = IDLE_BYTES;
  private lentBytes = 0;

  /** @param limit bytes that are lent at a time, at most */
  constructor(pool: PagePool, limit: number) {
    this.pool = pool;
    this.limit = limit;
  }

  /** Bytes on loan. */
  get lent(): number {
    return this.lentBytes;
  }

  /** Whether so many bytes can be lent now. When nothing is on loan they can, whatever the limit. */
  hasRoom(bytes: number): boolean {
    const size = sizeOf(bytes);
    return this.lentBytes === 0 || this.lentBytes + frontOf(size) + size <= this.limit;
  }

  /** At least so many bytes. @throws IoError `ENOMEM` when the pool is used up */
  lend(bytes: number): Loan {
    const size = sizeOf(bytes);
    const all = frontOf(size) + size;
    let loan = this.idle.get(size)?.pop();
    if (loan === undefined) {
      if (this.idleBytes > 0 && this.idleBytes + this.lentBytes + all > this.limit) this.clear();
      loan = loanOf(this.pool.allocate(all), size);
    } else this.idleBytes -= all;
    this.lentBytes += all;
    return loan;
  }

  /** No request uses them any more. */
  giveBack(loan: Loan): void {
    const { pages, size } = loan;
    this.lentBytes -= pages.length;
    if (this.idleBytes + pages.length > this.mostIdle || pages.pinned) pages.free();
    else {
      this.idleBytes += pages.length;
      const list = this.idle.get(size);
      if (list === undefined) this.idle.set(size, [loan]);
      else list.push(loan);
    }
    if (this.returned.active) this.returned.wakeAll();
  }

  /** There is no next request: what is not on loan goes back to the pool, and the rest when it has come back. */
  close(): void {
    this.mostIdle = 0;
    this.clear();
  }

  private clear(): void {
    for (const list of this.idle.values()) for (const { pages } of list) pages.free();
    this.idle.clear();
    this.idleBytes = 0;
  }
}

/** The part of a loan that a request of so many bytes uses. */
export function rangeOf(loan: Loan, length: number): PageRange {
  return { pages: loan.pages, offset: loan.front, length };
}

/** Views of a part of a loan. */
export function viewsOf({ views, pages, front }: Loan, offset: number, length: number): readonly Uint8Array[] {
  const [only] = views;
  if (views.length === 1 && only !== undefined) return [only.subarray(offset, offset + length)];
  return pages.views(front + offset, length);
}

function loanOf(pages: PageVector, size: number): Loan {
  const front = pages.length - size;
  const whole = (front > 0 ? pages.view() : undefined) ?? null;
  return { pages, front, size, views: pages.views(front, size), whole };
}

/** A page, so that what is behind it is aligned. */
function frontOf(size: number): number {
  return size > COPIED_BYTES ? PAGE_SIZE : 0;
}

function sizeOf(bytes: number): number {
  let size = PAGE_SIZE;
  while (size < bytes) size *= 2;
  return size;
}
