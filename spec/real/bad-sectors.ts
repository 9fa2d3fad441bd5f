import type { BlockDevice } from '../../lib/io/device.js';
import type { Io } from '../../lib/io/io.js';
import { IoError, type ByteRange } from '../../lib/io/io-error.js';
import { Layer } from '../../lib/io/layer.js';
import { complementOf } from '../../lib/io/ranges.js';

/** How a block has gone bad: reads of it fail, or answer something else and say nothing. */
type Badness = 'unreadable' | 'corrupt';

/**
 * A disk whose blocks go bad while it is used, as those of real ones do: what was there is gone, whoever reads, until the
 * block is written again.
 */
export class BadSectors extends Layer<readonly ByteRange[]> {
  private readonly lower: BlockDevice;
  private readonly bad = new Map<number, Badness>();
  private made = 0;
  private mended = 0;

  constructor(lower: BlockDevice) {
    super('bad sectors', [lower], lower.geometry, {});
    this.lower = lower;
  }

  /** How many blocks have gone bad so far. */
  get spoilt(): number {
    return this.made;
  }

  /** How many of them were written again. */
  get rewritten(): number {
    return this.mended;
  }

  /** The block at this position goes bad, unless it is. */
  spoil(position: number, badness: Badness): void {
    const block = Math.floor(position / this.blockSize);
    if (this.bad.has(block)) return;
    this.bad.set(block, badness);
    this.made++;
  }

  submit(io: Io): void {
    const lacking = io.operation === 'read' ? this.rangesOf(io, 'unreadable') : [];
    if (lacking.length === 0) {
      io.pass(this, this.lower, io.position, lacking);
      return;
    }
    const split = io.split(this, lacking);
    for (const { offset, length } of complementOf(lacking, io.length)) {
      split.piece(this.lower, io.position + offset, offset, length);
    }
    split.seal();
  }

  done(io: Io, lacking: readonly ByteRange[]): void {
    if (lacking.length > 0) {
      io.failure ??= new IoError('EIO', { message: 'the sector cannot be read' });
      io.failedRanges = [...(io.failedRanges ?? []), ...lacking];
    }
    if (io.operation === 'read') {
      for (const { offset } of this.rangesOf(io, 'corrupt')) {
        const at = io.offset + offset;
        io.pages?.set(Uint8Array.of((io.pages.bytes(at, 1)[0] as number) ^ 0x55), at);
      }
      return;
    }
    for (const { offset, length } of io.operation === 'flush' ? [] : io.succeededRanges()) {
      const first = (io.position + offset) / this.blockSize;
      for (let block = first; block < first + length / this.blockSize; block++)
        if (this.bad.delete(block)) this.mended++;
    }
  }

  /** The blocks of a request that are bad in this way, from its start. */
  private rangesOf({ position, length }: Io, wanted: Badness): ByteRange[] {
    const { blockSize } = this;
    return [...this.bad]
      .map(([block, badness]) => ({ offset: block * blockSize - position, length: blockSize, badness }))
      .filter(({ offset, badness }) => badness === wanted && offset >= 0 && offset < length)
      .sort((a, b) => a.offset - b.offset);
  }
}
