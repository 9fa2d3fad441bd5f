import type { IoRequest } from '../io/io-request.js';
import type { PageVector } from '../io/pages.js';
import type { Slot } from '../io/waiting-list.js';

/** A run of bytes that was read ahead in one request, or is being read. */
export interface AheadPart {
  readonly start: number;
  readonly end: number;
  readonly pages: PageVector;
  /** How many were begun before it. */
  readonly number: number;
  /** The read, null once it has arrived. */
  request: IoRequest | null;
  /** Requests that wait for it. */
  readonly readers: Set<AheadReader>;
  /** Whether a read can find it. One that cannot lives until its last reader has been served. */
  found: boolean;
}

/** A request that waits for parts. */
export interface AheadReader {
  readonly slot: Slot;
  readonly parts: readonly AheadPart[];
  /** Parts that have not arrived. */
  missing: number;
}

/** The parts that can be found, by position. They do not overlap, and there are few: windows for some streams. */
export class AheadParts {
  private readonly parts: AheadPart[] = [];

  /** Lowest position first. Must not change meanwhile. */
  [Symbol.iterator](): Iterator<AheadPart> {
    return this.parts[Symbol.iterator]();
  }

  /** Those that a range lies in, or null when they do not cover all of it. O(log n) */
  covering(start: number, end: number): AheadPart[] | null {
    const covering: AheadPart[] = [];
    let at = start;
    for (let i = this.indexAfter(start); at < end; i++) {
      const part = this.parts[i];
      if (part === undefined || part.start > at) return null;
      covering.push(part);
      at = part.end;
    }
    return covering;
  }

  /** Those that share bytes with a range. */
  touching(start: number, end: number): AheadPart[] {
    const touching: AheadPart[] = [];
    for (let i = this.indexAfter(start); ; i++) {
      const part = this.parts[i];
      if (part === undefined || part.start >= end) return touching;
      touching.push(part);
    }
  }

  add(part: AheadPart): void {
    this.parts.splice(this.indexAfter(part.start), 0, part);
  }

  remove(part: AheadPart): void {
    const index = this.indexAfter(part.start);
    if (this.parts[index] === part) this.parts.splice(index, 1);
  }

  /** The first part that ends after a position, by bisection. */
  private indexAfter(position: number): number {
    let low = 0;
    let high = this.parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.parts[middle] as AheadPart).end > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
