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
  /** Of a write that is to have others besides: must not give way to them. */
  claimed: boolean;
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
    const line = { number, pages, dirty: false, writing: false, claimed: false };
    this.lines.set(number, line);
    return line;
  }

  /**
   * All lines that a write needs, ready to be filled; or undefined when one is not to be had, and then each that holds
   * something newer than what is below holds it still. A line that is not here is added for a write of the whole of it only.
   */
  claim(parts: readonly { readonly number: number; readonly length: number }[]): Line[] | undefined {
    if (parts.length > this.capacity) return undefined;
    if (parts.some(({ number, length }) => length < this.lineSize && !this.lines.has(number))) return undefined;
    const here = parts.map(({ number }) => this.get(number));
    for (const line of here) if (line !== undefined) line.claimed = true;
    const lines: Line[] = [];
    for (const [i, { number }] of parts.entries()) {
      const line = here[i] ?? this.add(number);
      if (line === undefined || !this.renew(line)) break;
      line.claimed = true;
      lines.push(line);
    }
    const all = lines.length === parts.length;
    for (const line of all ? lines : here) if (line !== undefined) line.claimed = false;
    if (all) return lines;
    for (const line of lines) if (line.claimed) this.drop(line);
    return undefined;
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
      if (line.dirty || line.writing || line.claimed) continue;
      this.drop(line);
      return true;
    }
    return false;
  }
}
