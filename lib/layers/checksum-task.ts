import type { Io } from '../io/io.js';
import type { IoError, ByteRange } from '../io/io-error.js';
import type { PageVector } from '../io/pages.js';
import type { Entries } from './checksum-table.js';
import type { Hold } from './range-lock.js';

/** What the I/O under way is for, in order. A request to write goes through several of them; `read` stands alone. */
export type Phase = 'read' | 'load' | 'resolve' | 'announce' | 'data' | 'settle' | 'erase';

/** What a `Checksum` remembers of a request. */
export class Task {
  phase: Phase;
  /** The lock on the blocks of the table; null for a read that has found nothing wrong. */
  hold: Hold | null = null;
  readonly table: PageVector;
  entries: Entries | null = null;
  /** What the device holds now, to find out which of two sums is right. */
  scratch: PageVector | null = null;
  /** A copy of the data that are written, if they are copied. */
  copy: PageVector | null = null;
  /** The sum of each block that is to be written. */
  sums: number[] = [];
  /** How the layer's own I/O of this phase has ended, and in which parts it succeeded. */
  failure: IoError | null = null;
  good: readonly ByteRange[] = [];
  /** How the data were written. */
  written: { failure: IoError | null; blocks: readonly ByteRange[] } = { failure: null, blocks: [] };

  constructor(phase: Phase, table: PageVector) {
    this.phase = phase;
    this.table = table;
  }
}

/** Where the data to be written are: the caller's, or the copy. */
export function dataOf(io: Io, { copy }: Task): { pages: PageVector | null; offset: number } {
  return copy === null ? { pages: io.pages, offset: io.offset } : { pages: copy, offset: 0 };
}
