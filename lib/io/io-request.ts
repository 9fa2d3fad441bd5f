import { checkDelay } from '../wait/errors.js';
import { Completion } from '../event/completion.js';
import type { BlockDevice } from './device.js';
import type { Io, Operation, OwnIo, RootIo } from './io.js';
import { IoError, type ByteRange } from './io-error.js';
import { checkIoClass, type IoClass } from './io-class.js';
import type { PageRange } from './pages.js';
import { complementOf } from './ranges.js';
import { submit } from './submit.js';

/** Where a request goes, what may end it early, and how urgent it is. */
export interface RequestOptions {
  /** Byte position on the device, a multiple of its block size. */
  position: number;
  /** Cancels the request when it aborts. */
  signal?: AbortSignal;
  /**
   * After so many milliseconds the request fails with `ETIMEDOUT`. What is below may still run: until it has come back
   * the device is fenced (it refuses requests with `ENXIO`) and the pages are not reused (I9).
   */
  timeoutMs?: number;
  /** Whose I/O it is, to request queues: what goes first, and who gets how much. Default: nobody's in particular. */
  ioClass?: IoClass;
}

/** The parts of requests that ended short without an error. Kept here: they are rare, and a field costs every request. */
const shortOnes = new WeakMap<IoRequest, readonly ByteRange[]>();

/**
 * One I/O request, at the edge of the stack: the caller's completion, the same for every design (I1). It yields the
 * bytes transferred, or fails with an IoError that tells which parts succeeded.
 *
 * `cancel` pulls what is still queued, as far as the design reaches; what runs is left to finish, and the request
 * settles once nothing below can touch its pages (I5): as cancelled, with an IoError `ECANCELED` whose cause is the
 * reason, or as done when everything was transferred all the same.
 */
export class IoRequest extends Completion<number> {
  readonly device: BlockDevice;
  readonly operation: Operation;
  /** The memory, or null for operations without data. */
  readonly range: PageRange | null;
  readonly position: number;
  readonly length: number;
  readonly fua: boolean;
  readonly ioClass: IoClass | null;
  private root: RootIo | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined = undefined;
  private timedOut = false;

  /** @internal Made by the device, which has checked everything but the options. */
  constructor(
    device: BlockDevice,
    operation: Operation,
    range: PageRange | null,
    length: number,
    fua: boolean,
    options: RequestOptions,
  ) {
    const { signal, timeoutMs, ioClass } = options;
    if (ioClass !== undefined) checkIoClass(ioClass);
    if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
    super();
    this.device = device;
    this.operation = operation;
    this.range = range;
    this.position = options.position;
    this.length = length;
    this.fua = fua;
    this.ioClass = ioClass ?? null;
    if (signal !== undefined) this.cancelOn(signal);
    if (timeoutMs !== undefined && !this.settled) {
      this.timer = setTimeout(() => {
        this.expire(timeoutMs);
      }, timeoutMs);
    }
  }

  /**
   * The parts that hold the right data, also when it ended short without an error, for success is not a prefix (N13).
   * Empty while it is under way, and when it failed with anything but an IoError.
   */
  get succeeded(): readonly ByteRange[] {
    if (this.state === 'done') return shortOnes.get(this) ?? complementOf([], this.length);
    return this.error instanceof IoError ? this.error.succeeded : [];
  }

  /** @internal Submits it, unless there is nothing to do: cancelled before (remembered), fenced, or of no length. */
  start(): this {
    const { device } = this;
    if (this.settled) return this;
    if (device.lost > 0) {
      this.fail(new IoError('ENXIO', { message: `${device.name} is fenced: a timed-out request has not come back` }));
    } else if (this.length === 0 && this.operation !== 'flush') this.complete(0);
    else {
      device.started++;
      this.range?.pages.pin();
      const root = (this.root = device.strategy.root(this));
      submit(device, root);
      return this;
    }
    clearTimeout(this.timer);
    return this;
  }

  /** @internal What it asks for, as a root header's own. */
  get own(): OwnIo {
    const { operation, position, range, length, fua, ioClass } = this;
    return { operation, position, pages: range?.pages ?? null, offset: range?.offset ?? 0, length, fua, ioClass };
  }

  /** For designs: the root header has come back, nothing below touches the pages any more. Called once. */
  finished(io: Io): void {
    clearTimeout(this.timer);
    this.root = null;
    this.range?.pages.unpin();
    if (this.timedOut) this.device.lost--;
    else if (io.failure === null) {
      if (io.bytes < this.length) shortOnes.set(this, io.succeededRanges());
      this.complete(io.bytes);
    } else this.settleWith(io, io.failure);
    this.device.end();
  }

  protected override cancelling(): void {
    const { root } = this;
    if (root === null) {
      this.completeCancelled(new IoError('ECANCELED', { cause: this.cancelReason }));
      return;
    }
    this.leaveRunning();
    root.cancelAll(this);
  }

  private settleWith(io: Io, first: IoError): void {
    const cut = first.code === 'ECANCELED' && this.cancelRequested;
    const error = new IoError(first.code, {
      message: `${this.operation} of ${String(this.length)} bytes at ${String(this.position)} on ${this.device.name}: ${plain(first)}`,
      cause: cut ? this.cancelReason : (first.cause ?? first),
      bytes: io.bytes,
      succeeded: io.succeededRanges(),
    });
    if (cut) this.completeCancelled(error);
    else this.fail(error);
  }

  private expire(timeoutMs: number): void {
    const { root } = this;
    if (root === null) return;
    const asked = this.cancelRequested;
    // Fenced before anybody is told, who may submit, or let the I/O come back.
    this.timedOut = true;
    this.device.lost++;
    this.fail(
      new IoError('ETIMEDOUT', {
        message: `${this.operation} on ${this.device.name} took over ${String(timeoutMs)} ms`,
      }),
    );
    if (!asked && this.root === root) root.cancelAll(this);
  }
}

function plain(error: IoError): string {
  return error.message.startsWith(error.code) ? error.message.slice(error.code.length + 2) : error.message;
}
