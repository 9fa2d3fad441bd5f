import { WaitQueue } from '../wait/queue.js';
import { PAGE_SIZE, PagePool, type PageRange, type PageVector } from '../io/pages.js';

/** Pages on loan to a request. */
export interface Loan {
  readonly pages: PageVector;
  /** All of them, without a copy: one view unless the pool is fragmented. */
  readonly views: readonly Uint8Array[];
  /** Bytes: a power of two. */
  readonly size: number;
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
    return this.lentBytes === 0 || this.lentBytes + sizeOf(bytes) <= this.limit;
  }

  /** At least so many bytes. @throws IoError `ENOMEM` when the pool is used up */
  lend(bytes: number): Loan {
    const size = sizeOf(bytes);
    let loan = this.idle.get(size)?.pop();
    if (loan === undefined) {
      if (this.idleBytes > 0 && this.idleBytes + this.lentBytes + size > this.limit) this.clear();
      const pages = this.pool.allocate(size);
      loan = { pages, views: pages.views(), size };
    } else this.idleBytes -= size;
    this.lentBytes += size;
    return loan;
  }

  /** No request uses them any more. */
  giveBack(loan: Loan): void {
    this.lentBytes -= loan.size;
    if (this.idleBytes + loan.size > IDLE_BYTES || loan.pages.pinned) loan.pages.free();
    else {
      this.idleBytes += loan.size;
      const list = this.idle.get(loan.size);
      if (list === undefined) this.idle.set(loan.size, [loan]);
      else list.push(loan);
    }
    if (this.returned.active) this.returned.wakeAll();
  }

  /** Gives back to the pool what is not on loan. */
  clear(): void {
    for (const list of this.idle.values()) for (const { pages } of list) pages.free();
    this.idle.clear();
    this.idleBytes = 0;
  }
}

/** The part of a loan that a request of so many bytes uses. */
export function rangeOf(loan: Loan, length: number): PageRange {
  return { pages: loan.pages, offset: 0, length };
}

/** Views of a part of a loan. */
export function viewsOf({ views, pages }: Loan, offset: number, length: number): readonly Uint8Array[] {
  const [only] = views;
  if (views.length === 1 && only !== undefined) return [only.subarray(offset, offset + length)];
  return pages.views(offset, length);
}

function sizeOf(bytes: number): number {
  let size = PAGE_SIZE;
  while (size < bytes) size *= 2;
  return size;
}
