import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { Seeded } from '../io/seeded.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';
import { checkDelayOption, OptionError } from '../io/option-error.js';

/** How long a {@link Delay} takes. */
export interface DelayOptions extends DeviceOptions {
  /** Milliseconds: fixed, or drawn for each request from a range. With 0 a request is sent on at once. */
  delayMs: number | { readonly min: number; readonly max: number };
  /** The same seed draws the same times. Default 1. */
  seed?: number;
  /** Whether the timers let the process end before they are due. Default false. */
  unref?: boolean;
}

/**
 * Holds each request for a time on its way down. Requests held for the same time are sent on in the order they came. A
 * cancel takes out what is held (N14), and its timer with it; `close` waits for the rest, so that no timer is left.
 */
export class Delay extends Layer {
  private readonly lower: BlockDevice;
  private readonly min: number;
  private readonly max: number;
  private readonly random: Seeded;
  private readonly unref: boolean;
  private readonly timers = new Map<Slot, ReturnType<typeof setTimeout>>();
  private readonly waiting = new WaitingList((slot) => {
    this.clear(slot);
  });

  /** @throws ArgumentRangeError `ERR_DELAY` for a time that no timer can keep, or a range that ends before it begins */
  constructor(lower: BlockDevice, options: DelayOptions) {
    super('delay', [lower], lower.geometry, options);
    const { delayMs } = options;
    const { min, max } = typeof delayMs === 'number' ? { min: delayMs, max: delayMs } : delayMs;
    checkDelayOption('delayMs', min);
    checkDelayOption('delayMs', max);
    if (max < min) {
      throw new OptionError(
        'ERR_DELAY',
        'delayMs',
        `must have a max of at least min, got ${String(min)} to ${String(max)}`,
      );
    }
    this.lower = lower;
    this.min = min;
    this.max = max;
    this.random = new Seeded(options.seed ?? 1);
    this.unref = options.unref ?? false;
  }

  /** How many requests are held. */
  get held(): number {
    return this.waiting.length;
  }

  submit(io: Io): void {
    const ms = this.min === this.max ? this.min : this.min + this.random.next() * (this.max - this.min);
    if (ms === 0) {
      this.send(io);
      return;
    }
    const slot = this.waiting.park(io);
    const timer = setTimeout(() => {
      this.timers.delete(slot);
      if (this.waiting.take(slot)) this.send(io);
    }, ms);
    if (this.unref) timer.unref();
    this.timers.set(slot, timer);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(): void {
    // The time was on the way down.
  }

  private send(io: Io): void {
    io.pass(this, this.lower, io.position, null);
  }

  private clear(slot: Slot): void {
    clearTimeout(this.timers.get(slot));
    this.timers.delete(slot);
  }
}
