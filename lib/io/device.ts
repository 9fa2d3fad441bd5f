import { StateError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { waitUntil } from '../wait/wait-until.js';
import { cutExtents, unknownExtent, type ExtentState } from './extents.js';
import { checkGeometry, checkMemory, checkRequest, checkSpan, checkStack } from './gate.js';
import { OPERATIONS, type Io, type Operation, type Strategy } from './io.js';
import { IoRequest, type RequestOptions } from './io-request.js';
import type { PageRange, PageVector } from './pages.js';

/** The options of every device and layer. */
export interface DeviceOptions {
  /** The design that carries requests made of this device. Default: that of the device below, at the bottom `waitQueue`. */
  strategy?: Strategy;
  /** What errors and reports call it. Default: what it is. */
  name?: string;
}

/** How big a device is and what it takes. */
export interface Geometry {
  /** Bytes, a multiple of `blockSize`. */
  readonly size: number;
  /** Positions and lengths are multiples of it; a power of two. */
  readonly blockSize: number;
  /** The I/O size that suits it best, a multiple of `blockSize`. */
  readonly preferredSize: number;
}

/** A write's position, and what may end it early. */
export interface WriteOptions extends RequestOptions {
  /** Stable when it ends (I7). Default false. */
  fua?: boolean;
}

/**
 * Something with bytes on it: a device at the bottom, or a layer over others. Requests are made here, at the edge, and
 * travel down as headers through `submit`. All requests pass one gate before anything is submitted (I6), so that
 * devices and layers need no checks of their own.
 */
export abstract class BlockDevice {
  /** What errors and reports call it. */
  readonly name: string;
  readonly strategy: Strategy;
  readonly geometry: Geometry;
  /** What it can do; anything else is refused with `EOPNOTSUPP` before it is submitted. */
  readonly operations: readonly Operation[];
  /**
   * Bytes that divide the page size and the block size: the memory of a request begins at a multiple of it in its
   * vector. 1 unless there is a device below that transfers directly to the pages; of several the largest.
   */
  readonly memoryAlignment: number;
  /** @internal Requests begun at this edge … */
  started = 0;
  /** @internal … and ended: what is in flight is the difference. */
  ended = 0;
  /** @internal Timed-out requests that have not come back (I9). */
  lost = 0;
  private readonly ends = new WaitQueue();
  private closing: Promise<void> | null = null;
  /** Whether the stack below was seen to have a bottom. */
  private checked = false;

  /** @throws ArgumentRangeError `ERR_GEOMETRY`, `ERR_BLOCK_SIZE` for a geometry that no request could fit */
  constructor(
    name: string,
    strategy: Strategy,
    geometry: Geometry,
    operations: readonly Operation[] = OPERATIONS,
    memoryAlignment = 1,
  ) {
    checkGeometry(name, geometry, memoryAlignment);
    this.name = name;
    this.strategy = strategy;
    this.geometry = geometry;
    this.operations = operations;
    this.memoryAlignment = memoryAlignment;
  }

  /** The devices this one stands on. */
  abstract readonly lowers: readonly BlockDevice[];

  get size(): number {
    return this.geometry.size;
  }

  get blockSize(): number {
    return this.geometry.blockSize;
  }

  /** Takes a header; calls one of its verbs, now or later. Only the engine calls it, with headers that fit the device. */
  abstract submit(io: Io): void;

  /**
   * The device's own memory at a position, for a server that sends it without a copy (the kernel's direct access, DAX; I15):
   * null where it has none, where the bytes do not lie together, and when it is closed. Whoever looks there must not
   * write, and sees what writes leave, a write under way in part. Called with ranges within the device, of any bytes.
   * Layers have none unless they do no more than pass positions on.
   */
  directAccess(_position: number, _length: number): Uint8Array | null {
    return null;
  }

  /**
   * Reads into the range. The request yields the bytes read, and is a completion: await it, cancel it, combine it.
   * @throws ArgumentError, ArgumentRangeError or StateError naming the field that is wrong; nothing was submitted
   */
  read(range: PageRange | PageVector, options: RequestOptions): IoRequest {
    return this.request('read', checkMemory(range), options);
  }

  /** Writes the range, whose bytes must not change until the request has settled (I8). Throws as {@link read}. */
  write(range: PageRange | PageVector, options: WriteOptions): IoRequest {
    return this.request('write', checkMemory(range), options, options.fua === true);
  }

  /** Ends when everything that was acknowledged before is on stable storage (I7). Yields 0. */
  flush(options: Omit<RequestOptions, 'position'> = {}): IoRequest {
    return this.request('flush', null, { ...options, position: 0 }, false, 0);
  }

  /** Tells the device that it may forget these bytes. Yields `length`. Throws as {@link read}. */
  discard(length: number, options: RequestOptions): IoRequest {
    return this.request('discard', null, options, false, length);
  }

  /** Writes zeroes without sending them. Yields `length`. Throws as {@link read}. */
  writeZeroes(length: number, options: WriteOptions): IoRequest {
    return this.request('writeZeroes', null, options, options.fua === true, length);
  }

  /**
   * What is known of the bytes from `position` on (I14): for which of them room is taken, and which read as zeroes. Runs
   * in order, at least one; they may end before `length` bytes, and then more is asked for from there. Any position will
   * do. It is as things are at some moment of the call. What cannot be told, or not be reached, counts as allocated.
   * @throws StateError `ERR_CLOSED`; ArgumentRangeError `ERR_EXTENT` for bytes that are not on the device, or none
   */
  async extents(position: number, length: number): Promise<ExtentState[]> {
    this.checkUsable('question');
    checkSpan(this, position, length);
    // In a turn of its own: a layer asks the one below, and a stack may be of any depth (I2).
    await Promise.resolve();
    const known = cutExtents(await this.knownExtents(position, length), 0, length);
    return known.length > 0 ? known : [unknownExtent(length)];
  }

  /** Resolves when no request made of this device is in flight, also none that was timed out (I9). */
  async drain(): Promise<void> {
    const stack = new Set<BlockDevice>([this]);
    for (const device of stack) {
      device.expedite();
      for (const lower of device.lowers) stack.add(lower);
    }
    await waitUntil(this.ends, () => this.started === this.ended);
  }

  /**
   * Refuses further requests, drains, and closes this device and those it stands on. A second call joins the first.
   * Rejects with the first error when something could not be given back as it should; all are closed then, too.
   */
  close(): Promise<void> {
    return (this.closing ??= this.drain().then(() => this.closeAll()));
  }

  private async closeAll(): Promise<void> {
    const errors: unknown[] = [];
    try {
      await this.release();
    } catch (error) {
      errors.push(error);
    }
    for (const lower of this.lowers) await lower.close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether its own part of `writeZeroes` takes as long as that of a write, as far as it knows. Default false. */
  get zeroesByWriting(): boolean {
    return false;
  }

  /** The devices whose zeroes its own `writeZeroes` takes. Default: all that it stands on. */
  get zeroesFrom(): readonly BlockDevice[] {
    return this.lowers;
  }

  /** Whether it or a device below has threads that work on the memory of requests, where that can be shared. */
  get wantsSharedMemory(): boolean {
    return this.lowers.some((lower) => lower.wantsSharedMemory);
  }

  get closed(): boolean {
    return this.closing !== null;
  }

  /**
   * For {@link extents}, within the device. Default: nothing is known. A layer that leaves bytes as they are asks the
   * device below; one that transforms them must not, for what is zero below is something else above.
   */
  protected knownExtents(_position: number, length: number): Promise<ExtentState[]> | ExtentState[] {
    return [unknownExtent(length)];
  }

  /** Gives back what the device itself holds open; called once, when nothing is in flight. */
  protected release(): Promise<void> | void {
    // Most hold nothing.
  }

  /** @internal Somebody waits for all that is in flight: what is kept back in the hope of more goes on. */
  expedite(): void {
    // Most keep nothing back.
  }

  /** @internal A request made here has come back. */
  end(): void {
    this.ended++;
    if (this.ends.active) this.ends.wakeAll();
  }

  private request(
    operation: Operation,
    range: PageRange | null,
    options: RequestOptions,
    fua = false,
    length: number = range === null ? 0 : range.length,
  ): IoRequest {
    this.checkUsable(operation);
    checkRequest(this, operation, options.position, length, range);
    return new IoRequest(this, operation, range, length, fua, options).start();
  }

  private checkUsable(wanted: string): void {
    if (this.closed) throw new StateError('ERR_CLOSED', `${this.name} is closed and takes no ${wanted}`);
    if (this.checked) return;
    for (const device of checkStack(this)) device.checked = true;
  }
}
