import { BlockDevice } from '../../lib/io/device.js';
import type { Io, Operation, Strategy } from '../../lib/io/io.js';
import { IoError, type ByteRange, type IoErrorCode } from '../../lib/io/io-error.js';
import type { PageVector } from '../../lib/io/pages.js';
import { complementOf } from '../../lib/io/ranges.js';
import { waitQueue } from '../../lib/io/strategy/wait-queue.js';

/** How a device answers: what it did not transfer, and the error, if any. Without either all went well. */
export interface Answer {
  /** In bytes from the start of what was asked for. Default: everything with an error, else nothing. */
  readonly missing?: readonly ByteRange[];
  readonly error?: IoError | null;
}

/** What has reached a device and waits there for its answer. */
export class Op {
  readonly device: FaultyDevice;
  readonly operation: Operation;
  readonly position: number;
  readonly length: number;
  readonly fua: boolean;
  answered = false;
  private readonly io: Io;

  constructor(device: FaultyDevice, io: Io) {
    this.device = device;
    this.io = io;
    this.operation = io.operation;
    this.position = io.position;
    this.length = io.length;
    this.fua = io.fua;
  }

  /** The memory that came down with it. */
  get pages(): PageVector | null {
    return this.io.pages;
  }

  /** A copy of part of what is to be written, in bytes from the start of it; zeroes when no data came with it. */
  data(offset: number, length: number): Uint8Array {
    return this.io.pages?.bytes(this.io.offset + offset, length) ?? new Uint8Array(length);
  }

  /** Whether the header says that its request was cancelled. */
  get cancelled(): boolean {
    return this.io.cancelled;
  }

  /** Transfers what is not missing, now, and ends. */
  answer({ error = null, missing = error === null ? [] : [{ offset: 0, length: this.length }] }: Answer = {}): void {
    const { device, io, position, length } = this;
    if (this.answered) throw new Error('The test has answered this before');
    if (io.position !== position || io.length !== length || io.operation !== this.operation) {
      throw new Error(`The header at ${String(position)} was changed while it ran: it is at ${String(io.position)}`);
    }
    this.answered = true;
    device.pending.splice(device.pending.lastIndexOf(this), 1);
    const moved = complementOf(missing, length);
    for (const range of moved) device.transfer(io, range);
    if (io.operation === 'flush' && error === null) device.settle(0, device.size);
    if (io.fua && error === null) device.settle(position, length);
    const bytes = moved.reduce((sum, range) => sum + range.length, 0);
    const isPrefix = moved.length === 0 || (moved.length === 1 && moved[0]?.offset === 0);
    if (!isPrefix) io.failedRanges = [...missing];
    io.finish(bytes, error);
  }

  fail(code: ConstructorParameters<typeof IoError>[0] = 'EIO', missing?: readonly ByteRange[]): void {
    this.answer({ error: new IoError(code), ...(missing === undefined ? {} : { missing }) });
  }
}

export interface FaultyOptions {
  size?: number;
  blockSize?: number;
  name?: string;
  strategy?: Strategy;
  operations?: readonly Operation[];
  /** Bytes: I/O to memory that is aligned worse fails with `EINVAL`, as direct I/O does. Default 1. */
  memoryAlignment?: number;
  /** Answer at once. Default false: the test answers. */
  inline?: boolean;
}

/**
 * A device in the hands of its test: what reaches it is written down and waits in `pending`, until the test answers it,
 * in any order, in part, or with an error. It has a volatile cache: `contents` is what can be read, `stable` what a
 * flush, or a write with `fua`, has made safe.
 */
export class FaultyDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  readonly contents: Uint8Array;
  readonly stable: Uint8Array;
  readonly pending: Op[] = [];
  /** All that has ever reached the device, such as `write 512+1024`. */
  readonly log: string[] = [];
  inline: boolean;
  /** Told of everything that reaches the device. True: answer it at once. */
  onSubmit: ((op: Op) => boolean) | null = null;

  constructor(options: FaultyOptions = {}) {
    const { size = 1 << 16, blockSize = 512, name = 'disk', strategy = waitQueue, inline = false } = options;
    super(name, strategy, { size, blockSize, preferredSize: blockSize }, options.operations, options.memoryAlignment);
    this.contents = new Uint8Array(size <= 1 << 24 ? size : 0);
    this.stable = new Uint8Array(this.contents.length);
    this.inline = inline;
  }

  /** The only I/O that waits. */
  get only(): Op {
    const [op] = this.pending;
    if (op === undefined || this.pending.length > 1) throw new Error(`${String(this.pending.length)} wait, not one`);
    return op;
  }

  submit(io: Io): void {
    const op = new Op(this, io);
    if (this.log.length < 1000) this.log.push(`${op.operation} ${String(op.position)}+${String(op.length)}`);
    if (io.pages !== null && io.offset % this.memoryAlignment !== 0) {
      io.finish(0, new IoError('EINVAL', { message: `memory at ${String(io.offset)}` }));
      return;
    }
    this.pending.push(op);
    const atOnce = this.onSubmit?.(op) === true;
    if (this.inline || atOnce) op.answer();
  }

  /** Answers all that waits, and what comes up while it does, in order. */
  answerAll(): void {
    for (let op = this.pending[0]; op !== undefined; op = this.pending[0]) op.answer();
  }

  /** Fails all that waits, now, and what comes later: by default the device is gone. */
  goAway(code: IoErrorCode = 'ENXIO'): void {
    this.inline = false;
    this.onSubmit = (op) => {
      op.fail(code);
      return false;
    };
    for (let op = this.pending[0]; op !== undefined; op = this.pending[0]) op.fail(code);
  }

  /** @internal Moves part of a header's data. */
  transfer(io: Io, { offset, length }: ByteRange): void {
    if (this.contents.length === 0 || length === 0) return;
    const at = io.position + offset;
    if (io.operation === 'read') io.pages?.set(this.contents.subarray(at, at + length), io.offset + offset);
    else if (io.operation === 'write') this.contents.set(io.pages?.bytes(io.offset + offset, length) ?? [], at);
    else if (io.operation !== 'flush') this.contents.fill(0, at, at + length);
  }

  /** @internal */
  settle(position: number, length: number): void {
    this.stable.set(this.contents.subarray(position, position + length), position);
  }
}
