import { BlockDevice, Layer, type DeviceOptions, type Io, type Operation } from '../io/index.js';

const OPERATIONS: readonly Operation[] = ['read', 'write', 'flush', 'discard', 'writeZeroes'];

interface Run {
  readonly offset: number;
  length: number;
}

/**
 * Over a device that is to stay as it is: what is written stays in memory, block by block, and is gone when it is closed.
 * It takes all operations, whatever the device does.
 */
export class Overlay extends Layer<number> {
  override readonly operations: readonly Operation[] = OPERATIONS;
  private readonly lower: BlockDevice;
  /** What was written, by the number of the block. */
  private readonly blocks = new Map<number, Uint8Array>();
  private readonly zeroes: Uint8Array;

  constructor(lower: BlockDevice, options: DeviceOptions = {}) {
    super(lower.name, [lower], lower.geometry, options);
    this.lower = lower;
    this.zeroes = new Uint8Array(lower.blockSize);
  }

  submit(io: Io): void {
    if (io.operation === 'read') this.collect(io);
    else {
      if (io.operation !== 'flush') this.keep(io);
      io.finish(io.length, null);
    }
  }

  /** @param hit bytes that were here */
  done(io: Io, hit: number): void {
    io.bytes += hit;
  }

  private collect(io: Io): void {
    const { blockSize } = this;
    const missing: Run[] = [];
    let hit = 0;
    for (let offset = 0; offset < io.length; offset += blockSize) {
      const block = this.blocks.get((io.position + offset) / blockSize);
      const last = missing.at(-1);
      if (block !== undefined) {
        io.pages?.set(block, io.offset + offset);
        hit += blockSize;
      } else if (last !== undefined && last.offset + last.length === offset) last.length += blockSize;
      else missing.push({ offset, length: blockSize });
    }
    if (hit === 0) io.pass(this, this.lower, io.position, 0);
    else if (missing.length === 0) io.finish(io.length, null);
    else {
      const split = io.split(this, hit);
      for (const { offset, length } of missing) split.piece(this.lower, io.position + offset, offset, length);
      split.seal();
    }
  }

  private keep({ operation, position, pages, offset, length }: Io): void {
    const { blockSize } = this;
    for (let at = 0; at < length; at += blockSize) {
      const block = operation === 'write' ? pages?.bytes(offset + at, blockSize) : this.zeroes;
      this.blocks.set((position + at) / blockSize, block ?? this.zeroes);
    }
  }
}
