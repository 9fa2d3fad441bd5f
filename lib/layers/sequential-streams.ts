/*
 * Who reads on where it left off, and how far ahead it pays to read for it. The rules are those of Linux's readahead
 * (mm/readahead.c): a first window of two to four times the read, then two to four times the window before, up to a most.
 */

/** A reader that reads on where it left off. All are bytes. */
export interface Stream {
  /** The newest window; 0 before the first. */
  window: number;
  /** Where the newest window begins: a read that gets there begins the next. */
  begins: number;
  /** Where the newest window ends. */
  ends: number;
}

/** Knows streams by where their next reads are expected; of more than there is room for the longest idle is forgotten. */
export class SequentialStreams {
  private readonly capacity: number;
  /** By expected position, the longest idle first. */
  private readonly streams = new Map<number, Stream>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** A read from `position` up to `end`: the stream that it belongs to, or null when nobody was expected there. O(1). */
  advance(position: number, end: number): Stream | null {
    const found = this.streams.get(position) ?? null;
    const stream = found ?? { window: 0, begins: 0, ends: 0 };
    if (found !== null) this.streams.delete(position);
    // To the back of the line, also where another stream was expected.
    this.streams.delete(end);
    this.streams.set(end, stream);
    if (this.streams.size > this.capacity) {
      const [oldest] = this.streams.keys();
      this.streams.delete(oldest as number);
    }
    return found;
  }
}

/** How far to read ahead of a stream that was just seen, of reads of `length` bytes. */
export function firstWindow(length: number, most: number): number {
  const size = 2 ** Math.ceil(Math.log2(length));
  if (size <= most / 32) return 4 * size;
  if (size <= most / 4) return 2 * size;
  return most;
}

/** How far to read ahead next. */
export function nextWindow(window: number, most: number): number {
  if (window < most / 16) return 4 * window;
  return Math.min(2 * window, most);
}
