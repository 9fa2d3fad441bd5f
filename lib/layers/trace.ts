import { uncaught } from '../event/hooks.js';
import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io, Operation } from '../io/io.js';
import type { IoErrorCode } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import { OptionError } from '../io/option-error.js';

/** One request as it went by. */
export interface TraceRecord {
  /** Counts the requests, from 0. */
  readonly number: number;
  readonly operation: Operation;
  /** Bytes, on the device below. */
  readonly position: number;
  /** Bytes. */
  readonly length: number;
  readonly fua: boolean;
  /** By the clock, when it came down. */
  readonly start: number;
  /** By the clock, when it came up; null while it is in flight. */
  readonly end: number | null;
  /** Bytes transferred; 0 while it is in flight. */
  readonly bytes: number;
  /** The error it failed with, or null. */
  readonly code: IoErrorCode | null;
}

/** How much a {@link Trace} keeps. */
export interface TraceOptions extends DeviceOptions {
  /** How many records are kept: the latest. Default 1024; 0 keeps none. */
  capacity?: number;
  /** Tells the time. Default `performance.now`: milliseconds. */
  clock?: () => number;
  /** Told of each request when it has come down, and once more, with the same record, when it has come up. */
  onEvent?: (record: TraceRecord, event: 'start' | 'end') => void;
}

type Mutable = { -readonly [K in keyof TraceRecord]: TraceRecord[K] };

/**
 * Records what goes by, and changes nothing: put one on each side of a layer to see what the layer does. Starts and ends
 * are both counted, so that what is in flight is a subtraction and a leak is visible.
 */
export class Trace extends Layer<Mutable> {
  private readonly lower: BlockDevice;
  private readonly capacity: number;
  private readonly clock: () => number;
  private readonly onEvent: TraceOptions['onEvent'];
  /** Written round and round. */
  private readonly ring: Mutable[] = [];
  private down = 0;
  private up = 0;

  /** @throws ArgumentRangeError `ERR_CAPACITY` unless `capacity` is a whole number from 0 up */
  constructor(lower: BlockDevice, options: TraceOptions = {}) {
    super('trace', [lower], lower.geometry, options);
    const { capacity = 1024 } = options;
    if (!Number.isSafeInteger(capacity) || capacity < 0) {
      throw new OptionError('ERR_CAPACITY', 'capacity', `must be a whole number from 0 up, got ${String(capacity)}`);
    }
    this.lower = lower;
    this.capacity = capacity;
    this.clock = options.clock ?? (() => performance.now());
    this.onEvent = options.onEvent;
  }

  /** How many requests have come down so far. */
  get seen(): number {
    return this.down;
  }

  /** How many have not come up yet. */
  get inFlight(): number {
    return this.down - this.up;
  }

  /** What is kept, in the order in which it came down. Those in flight change when they end. */
  get records(): readonly TraceRecord[] {
    const oldest = this.down % (this.capacity || 1);
    return this.down <= this.capacity ? [...this.ring] : [...this.ring.slice(oldest), ...this.ring.slice(0, oldest)];
  }

  submit(io: Io): void {
    const { operation, position, length, fua } = io;
    const number = this.down++;
    const record = { number, operation, position, length, fua, start: this.clock(), end: null, bytes: 0, code: null };
    if (this.capacity > 0) this.ring[number % this.capacity] = record;
    this.tell(record, 'start');
    io.pass(this, this.lower, position, record);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(io: Io, record: Mutable): void {
    this.up++;
    record.end = this.clock();
    record.bytes = io.bytes;
    record.code = io.failure?.code ?? null;
    this.tell(record, 'end');
  }

  /** Who looks on fails nothing: what they throw goes to the host. */
  private tell(record: TraceRecord, event: 'start' | 'end'): void {
    try {
      this.onEvent?.(record, event);
    } catch (error) {
      uncaught(error);
    }
  }
}
