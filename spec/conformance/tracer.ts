import type { BlockDevice } from '../../lib/io/device.js';
import type { Io } from '../../lib/io/io.js';
import { Layer } from '../../lib/io/layer.js';

/** A passing layer that writes down what it is told, and does in `done` as its test says. */
export class Tracer extends Layer<string> {
  onDone: ((io: Io) => void) | null = null;
  onSubmit: ((io: Io) => void) | null = null;
  private readonly lower: BlockDevice;
  private readonly trace: string[];
  private readonly shift: number;

  constructor(name: string, lower: BlockDevice, trace: string[] = [], shift = 0) {
    const { size, blockSize, preferredSize } = lower.geometry;
    super(name, [lower], { size: size - shift, blockSize, preferredSize }, {});
    this.lower = lower;
    this.trace = trace;
    this.shift = shift;
  }

  submit(io: Io): void {
    this.trace.push(`${this.name} down ${String(io.position)}`);
    this.onSubmit?.(io);
    io.pass(this, this.lower, io.position + this.shift, this.name);
  }

  done(io: Io, frame: string): void {
    this.trace.push(`${frame} up ${String(io.position)}`);
    this.onDone?.(io);
  }
}
