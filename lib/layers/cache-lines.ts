import type { PagePool, PageVector } from '../io/pages.js';

/** A line of a cache: some bytes of the device below, and how they stand to it. */
export interface Line {
  readonly number: number;
  /** Replaced, not changed, while they are being written below (I8). */
  pages: PageVector;
  /** Newer than what is below. */
  dirty: boolean;
  /** Being written below. */
  writing: boolean;
}

/** The lines of a cache, least recently used first. */
export class CacheLines {
  readonly lineSize: number;
  private readonly capacity: number;
  private readonly pool: PagePool;
  private readonly lines = new Map<number, Line>();

  constructor(capacity: number, lineSize: number, pool: PagePool) {
    this.capacity = capacity;
    this.lineSize = lineSize;
    this.pool = pool;
  }

  get size(): number {
    return this.lines.size;
  }

  /** All lines, least recently used first. */
  [Symbol.iterator](): Iterator<Line> {
    return this.lines.values();
  }

  /** The line, which counts as used; undefined when it is not here. */
  get(number: number): Line | undefined {
    const line = this.lines.get(number);
    if (line !== undefined) {
      this.lines.delete(number);
      this.lines.set(number, line);
    }
    return line;
  }

  has(number: number): boolean {
    return this.lines.has(number);
  }

  /** A line to be filled, in the place of the least recently used clean one; undefined when none is to be had. */
  add(number: number): Line | undefined {
    if (this.lines.size >= this.capacity && !this.evict()) return undefined;
    let pages: PageVector;
    try {
      pages = this.pool.allocate(this.lineSize);
    } catch {
      // No memory to cache in is no reason to fail a request that can do without.
      return undefined;
    }
    const line = { number, pages, dirty: false, writing: false };
    this.lines.set(number, line);
    return line;
  }

  /** Forgets a line, whatever it holds. */
  drop(line: Line): void {
    if (this.lines.get(line.number) !== line) return;
    this.lines.delete(line.number);
    line.pages.free();
  }

  /** Pages that may be written to: others while those the line has are being written below. False without memory. */
  renew(line: Line): boolean {
    if (!line.writing) return true;
    try {
      const pages = this.pool.allocate(this.lineSize);
      pages.set(line.pages.bytes());
      // Pinned by the write that is under way, they are given back when it ends.
      line.pages.free();
      line.pages = pages;
      return true;
    } catch {
      return false;
    }
  }

  private evict(): boolean {
    for (const line of this.lines.values()) {
      if (line.dirty || line.writing) continue;
      this.drop(line);
      return true;
    }
    return false;
  }
}
