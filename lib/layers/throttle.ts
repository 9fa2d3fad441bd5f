import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { WaitingList } from '../io/waiting-list.js';
import { OptionError } from '../io/option-error.js';

/** The rates of a {@link Throttle}. */
export interface ThrottleOptions extends DeviceOptions {
  /** Bytes read and written per second. Default: no limit. */
  bytesPerSecond?: number;
  /** Requests per second. Default: no limit. */
  operationsPerSecond?: number;
  /** What may go at once after a pause, in seconds' worth of both limits. Default 1. */
  burstSeconds?: number;
  /** Tells the time in milliseconds, and never goes back. Default `performance.now`. */
  clock?: () => number;
}

/** A bucket that fills at a rate; whoever takes more than there is leaves a debt, which the next have to wait for. */
class Bucket {
  private readonly perMs: number;
  private readonly capacity: number;
  private level: number;

  constructor(perSecond: number, burstSeconds: number) {
    this.perMs = perSecond / 1000;
    this.capacity = this.level = perSecond * burstSeconds;
  }

  fill(ms: number): void {
    this.level = Math.min(this.capacity, this.level + ms * this.perMs);
  }

  /** Milliseconds until so much may be taken. What the bucket can never hold may go when it is full. */
  wait(amount: number): number {
    const missing = Math.min(amount, this.capacity) - this.level;
    // What adding up fractions has lost is not worth a timer.
    return missing < 1e-6 ? 0 : missing / this.perMs;
  }

  take(amount: number): void {
    this.level -= amount;
  }
}

/**
 * Lets so many bytes and requests through per second, by a token bucket for each limit; the others wait, first come,
 * first served. Only `read` and `write` count bytes. A cancel takes out what waits (N14), and costs nothing then.
 */
export class Throttle extends Layer {
  private readonly lower: BlockDevice;
  private readonly bytes: Bucket | null;
  private readonly requests: Bucket | null;
  private readonly clock: () => number;
  private readonly waiting: WaitingList;
  /** Set while something waits. */
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** When the buckets were last filled, by the clock. */
  private filled: number;

  /** @throws ArgumentRangeError `ERR_RATE` for a limit or burst that is not a positive number */
  constructor(lower: BlockDevice, options: ThrottleOptions) {
    super('throttle', [lower], lower.geometry, options);
    const { bytesPerSecond, operationsPerSecond, burstSeconds = 1 } = options;
    this.lower = lower;
    this.bytes = bucketOf('bytesPerSecond', bytesPerSecond, burstSeconds);
    this.requests = bucketOf('operationsPerSecond', operationsPerSecond, burstSeconds);
    this.clock = options.clock ?? (() => performance.now());
    this.filled = this.clock();
    // The others may be about to be cancelled as well, so that none is sent on in this turn.
    this.waiting = new WaitingList(() => {
      this.setTimer();
    });
  }

  /** How many requests wait. */
  get queued(): number {
    return this.waiting.length;
  }

  submit(io: Io): void {
    if (this.waiting.first === null && this.waitFor(io) === 0) {
      this.send(io);
      return;
    }
    this.waiting.park(io);
    if (this.timer === null) this.setTimer();
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(): void {
    // What was let through is as it is.
  }

  /** For the first that waits. */
  private setTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const first = this.waiting.first;
    if (first === null) {
      this.timer = null;
      return;
    }
    this.timer = setTimeout(
      () => {
        this.sendDue();
      },
      Math.min(Math.ceil(this.waitFor(first.io)), 0x7fffffff),
    );
  }

  private sendDue(): void {
    for (let slot = this.waiting.first; slot !== null && this.waitFor(slot.io) === 0; slot = this.waiting.first) {
      this.waiting.take(slot);
      this.send(slot.io);
    }
    this.setTimer();
  }

  /** Milliseconds until a header may go. */
  private waitFor(io: Io): number {
    const now = this.clock();
    this.bytes?.fill(now - this.filled);
    this.requests?.fill(now - this.filled);
    this.filled = now;
    return Math.max(this.bytes?.wait(bytesOf(io)) ?? 0, this.requests?.wait(1) ?? 0);
  }

  private send(io: Io): void {
    this.bytes?.take(bytesOf(io));
    this.requests?.take(1);
    io.pass(this, this.lower, io.position, null);
  }
}

function bytesOf(io: Io): number {
  return io.operation === 'read' || io.operation === 'write' ? io.length : 0;
}

function bucketOf(field: string, perSecond: number | undefined, burstSeconds: number): Bucket | null {
  for (const [name, value] of [
    [field, perSecond ?? 1],
    ['burstSeconds', burstSeconds],
  ] as const) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new OptionError('ERR_RATE', name, `must be a positive number, got ${String(value)}`);
  }
  return perSecond === undefined ? null : new Bucket(perSecond, burstSeconds);
}
