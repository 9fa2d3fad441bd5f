import {
  complementOf,
  Layer,
  type BlockDevice,
  type ByteRange,
  type Io,
  type IoError,
  type PagePool,
  type PageVector,
  type Split,
} from '../../io/index.js';
import { copies } from '../copies.js';

/** What is remembered of a request. */
interface Race {
  split: Split | null;
  /** Of a read: each member's own memory, so that a loser never writes into the winner's (E6). */
  readonly pages: readonly PageVector[];
  /** Which member's bytes count; -1 until one has succeeded. */
  winner: number;
  failure: IoError | null;
  failed: ByteRange[];
}

/**
 * The comparison's mirror: reads go to all members at once and the first to succeed wins, writes go to all. It keeps no
 * records of its members, which are most of what `Mirror` does.
 */
export class PlainMirror extends Layer<Race> {
  private readonly pool: PagePool;

  constructor(members: readonly BlockDevice[], pool: PagePool) {
    const [first, ...rest] = members as [BlockDevice, ...BlockDevice[]];
    const size = Math.min(...members.map((member) => member.size));
    const blockSize = Math.max(...members.map((member) => member.blockSize));
    super('mirror', [first, ...rest], { size, blockSize, preferredSize: blockSize }, {});
    this.pool = pool;
  }

  submit(io: Io): void {
    const pages: PageVector[] = [];
    try {
      if (io.operation === 'read') while (pages.length < this.lowers.length) pages.push(this.pool.allocate(io.length));
    } catch (error) {
      for (const each of pages) each.free();
      io.finish(0, error as IoError);
      return;
    }
    const { operation, position, length, fua } = io;
    const race: Race = { split: null, pages, winner: -1, failure: null, failed: [] };
    const split = io.split(this, race);
    race.split = split;
    this.lowers.forEach((member, i) => {
      const own = pages[i];
      if (own === undefined) split.fanOut(member, position, i);
      else split.spawn(member, { operation, position, pages: own, offset: 0, length, fua }, i);
    });
    split.seal();
  }

  override child(io: Io, race: Race, part: Io, tag: unknown): void {
    const missing = complementOf(part.succeededRanges(), part.length);
    if (missing.length === 0 && part.failure === null) {
      if (race.winner >= 0) return;
      race.winner = tag as number;
      if (io.operation === 'read') race.split?.cancelParts();
    } else if (io.operation !== 'read' || race.winner < 0) {
      race.failure ??= part.failure;
      race.failed.push(...missing);
    }
  }

  done(io: Io, { pages, winner, failure, failed }: Race): void {
    const won = io.operation === 'read' ? winner >= 0 : failure === null && failed.length === 0;
    const best = pages[winner];
    if (best !== undefined) {
      let at = io.offset;
      for (const view of best.views(0, io.length)) {
        io.pages?.set(view, at);
        at += view.length;
      }
      copies.bytes += io.length;
    }
    for (const each of pages) each.free();
    io.failure = won ? null : failure;
    io.failedRanges = won ? null : failedOf(io, failed);
    io.bytes = io.length - (io.failedRanges ?? []).reduce((sum, range) => sum + range.length, 0);
  }
}

/** Of a write the parts that a member lacks; of a read that nobody could do, all: nothing was copied. */
function failedOf({ operation, length }: Io, failed: readonly ByteRange[]): ByteRange[] {
  return operation === 'read' ? [{ offset: 0, length }] : complementOf(complementOf(failed, length), length);
}
