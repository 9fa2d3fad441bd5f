import { IoError } from '../io/io-error.js';
import { complementOf, without } from '../io/ranges.js';
import type { IntentLog } from './intent-log.js';
import type { ParityMap } from './parity-map.js';
import type { ChunkRange } from './parity-plan.js';

/** Bytes that could be neither read nor computed when an array was opened after a crash. */
export interface ParityDoubt {
  /** Which member could not read them. */
  readonly member: number;
  /** Bytes, on the array. */
  readonly position: number;
  readonly length: number;
}

/**
 * Where parity is not known to be right. After a crash the parity of what was being written is made anew from the data;
 * where a member cannot read its data that cannot be done, and what would be computed from the parity there may be noise:
 * some of a torn write, and some of what was before (RAID's write hole). So of these blocks, in all chunks of the stripe,
 * nothing is computed (I4), until their parity has been made from data: by a write of what could not be read, by a scrub
 * that can read it again, or by the next open. Until then their region stays dirty: a doubt is a write that has not ended.
 *
 * Only who has locked a stripe may change what is known of it.
 */
export class ParityDoubts {
  private readonly map: ParityMap;
  private readonly log: IntentLog;
  private readonly regionOf: (stripe: number) => number;
  private readonly stripes = new Map<number, ChunkRange[]>();

  constructor(map: ParityMap, log: IntentLog, regionOf: (stripe: number) => number) {
    this.map = map;
    this.log = log;
    this.regionOf = regionOf;
  }

  /** How many stripes have some. */
  get size(): number {
    return this.stripes.size;
  }

  /** All of them, by stripe. */
  get all(): ParityDoubt[] {
    return [...this.stripes].flatMap(([stripe, ranges]) =>
      ranges.map(({ member, within, length }) => ({
        member,
        position: this.map.dataPositionOf(stripe, member) + within,
        length,
      })),
    );
  }

  /** A member cannot read its data there, in whole blocks. */
  add(stripe: number, range: ChunkRange): void {
    const ranges = this.stripes.get(stripe);
    if (ranges !== undefined) ranges.push(range);
    else {
      this.stripes.set(stripe, [range]);
      this.log.begin(this.regionOf(stripe), () => undefined);
    }
  }

  /** The doubts about some bytes of the chunks of a stripe. */
  about(stripe: number, within: number, length: number): ChunkRange[] {
    return (this.stripes.get(stripe) ?? []).filter(
      (doubt) => doubt.within < within + length && within < doubt.within + doubt.length,
    );
  }

  /** The parts of some bytes of a chunk about which there are none. */
  certain(stripe: number, { member, within, length }: ChunkRange): ChunkRange[] {
    const doubts = relative(this.about(stripe, within, length), within, length);
    return complementOf(doubts, length).map((range) => ({
      member,
      within: within + range.offset,
      length: range.length,
    }));
  }

  /** The parity of these bytes has been made from the data of all chunks. */
  settle(stripe: number, within: number, length: number): void {
    const ranges = this.stripes.get(stripe);
    if (ranges === undefined) return;
    const left = ranges.flatMap((doubt) =>
      without(
        [{ offset: 0, length: doubt.length }],
        relative([{ member: doubt.member, within, length }], doubt.within, doubt.length),
        doubt.length,
      ).map((rest) => ({ member: doubt.member, within: doubt.within + rest.offset, length: rest.length })),
    );
    if (left.length > 0) this.stripes.set(stripe, left);
    else {
      this.stripes.delete(stripe);
      this.log.end(this.regionOf(stripe));
    }
  }

  /** Why the first of them are not computed; null when there are none. */
  firstError(): IoError | null {
    const [first] = this.stripes.keys();
    return first === undefined ? null : this.error(first, 0, this.map.chunk);
  }

  /** Why bytes that could not be read, for `cause`, are not computed: null when that is not for a doubt about them. */
  error(stripe: number, within: number, length: number, cause: IoError | null = null): IoError | null {
    const [doubt] = this.about(stripe, within, length);
    if (doubt === undefined || (cause !== null && cause.code !== 'EIO')) return null;
    const position = String(this.map.dataPositionOf(stripe, doubt.member) + doubt.within);
    const message =
      `Member ${String(doubt.member)} could not read the ${String(doubt.length)} bytes at ${position} after a crash, ` +
      'and what the parity tells of them, and of their stripe, may be wrong until they are written anew';
    return new IoError('EIO', cause === null ? { message } : { message, cause });
  }
}

/** Ranges of chunks as ranges of `length` bytes that begin at `within`, cut to these. */
function relative(ranges: readonly ChunkRange[], within: number, length: number): { offset: number; length: number }[] {
  return ranges.map((range) => {
    const start = Math.max(range.within - within, 0);
    return { offset: start, length: Math.max(0, Math.min(range.within + range.length - within, length) - start) };
  });
}
