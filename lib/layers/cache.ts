import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { PAGE_SIZE, type PagePool } from '../io/pages.js';
import { checkCountOption } from '../io/option-error.js';
import { CacheLines, type Line } from './cache-lines.js';
import { WriteBack } from './write-back.js';

/** How much a {@link Cache} keeps, and when a write ends. */
export interface CacheOptions extends DeviceOptions {
  /** Where the lines' pages come from. */
  pool: PagePool;
  /** How many lines of 4096 bytes (or a block, when that is more) are kept. */
  lines: number;
  /**
   * `through` (default): a write ends when the device below has it. `back`: when the cache has it; a flush, a `fua`
   * write and closing bring it down, and a flush tells of what could not be.
   */
  mode?: 'through' | 'back';
}

/** What is remembered of a request that went below. */
interface Frame {
  /** Bytes of a read that were answered from the cache. */
  readonly hit: number;
  /** The lines it may fill, each with its right to: a later write to the line takes that away. */
  readonly tokens: readonly (readonly [line: number, token: object])[];
}

const NOTHING: Frame = { hit: 0, tokens: [] };

/** A read cache, with writes passed through or held back. Least recently used lines give way. */
export class Cache extends Layer<Frame> {
  readonly mode: 'through' | 'back';
  private readonly lower: BlockDevice;
  private readonly lines: CacheLines;
  private readonly writeBack: WriteBack;
  private readonly capacity: number;
  /** The one read in flight that may fill a line … */
  private readonly fills = new Map<number, object>();
  /** … and the writes to a line that are in flight below, or on their way there. */
  private readonly writers = new Map<number, { count: number; mixed: boolean }>();

  /** @throws ArgumentRangeError `ERR_LINES` unless `lines` is a whole number from 1 up */
  constructor(lower: BlockDevice, options: CacheOptions) {
    super('cache', [lower], lower.geometry, options);
    checkCountOption('ERR_LINES', 'lines', options.lines);
    this.lower = lower;
    this.mode = options.mode ?? 'through';
    this.capacity = options.lines;
    this.lines = new CacheLines(options.lines, Math.max(PAGE_SIZE, lower.blockSize), options.pool);
    this.writeBack = new WriteBack(this.lines, lower);
  }

  /** Lines that are newer than what is below. */
  get dirty(): number {
    return this.writeBack.dirty;
  }

  submit(io: Io): void {
    if (io.operation === 'read') this.serve(io);
    else if (io.operation === 'flush') {
      this.writeBack.cleanAll(this.lines).notify(({ value }) => {
        // What could not be brought down makes the flush fail, whatever the device below says of the rest.
        if (value === null) io.pass(this, this.lower, 0, NOTHING);
        else io.finish(0, value);
      });
    } else if (io.operation !== 'write' || this.mode === 'through' || !this.keep(io)) this.writeBelow(io);
  }

  /** What is held back is not below. */
  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> | ExtentState[] {
    return this.mode === 'back' ? super.knownExtents(position, length) : this.lower.extents(position, length);
  }

  done(io: Io, frame: Frame): void {
    if (io.operation === 'read') this.readDone(io, frame);
    else if (io.operation !== 'flush') this.written(io);
  }

  /** Brings everything down, and has it made stable. Rejects, and the close with it, when something could not be. */
  protected override async release(): Promise<void> {
    try {
      if (this.mode === 'through') return;
      const error = (await this.writeBack.cleanAll(this.lines)) ?? (this.flushes ? await this.writeBack.flush() : null);
      if (error !== null) throw error;
    } finally {
      for (const line of [...this.lines]) this.lines.drop(line);
    }
  }

  private get flushes(): boolean {
    return this.operations.includes('flush');
  }

  /** Lines that are here are copied at once; runs of others are read below. */
  private serve(io: Io): void {
    const missing: Run[] = [];
    const tokens: [number, object][] = [];
    let hit = 0;
    for (const part of this.partsOf(io)) {
      const line = this.lines.get(part.number);
      if (line !== undefined) {
        copy(line, part.within, io, part.offset, part.length);
        hit += part.length;
        continue;
      }
      const last = missing.at(-1);
      if (last !== undefined && last.offset + last.length === part.offset) last.length += part.length;
      else missing.push({ offset: part.offset, length: part.length });
      if (part.length === this.lines.lineSize && !this.writers.has(part.number)) {
        const token = {};
        this.fills.set(part.number, token);
        tokens.push([part.number, token]);
      }
    }
    if (missing.length === 0) {
      io.finish(io.length, null);
      return;
    }
    const split = io.split(this, { hit, tokens });
    for (const { offset, length } of missing) split.piece(this.lower, io.position + offset, offset, length);
    split.seal();
  }

  private readDone(io: Io, { hit, tokens }: Frame): void {
    io.bytes += hit;
    // A short transfer is no failure, and yet there is nothing to fill a line from.
    const succeeded = io.failedRanges === null ? null : io.succeededRanges();
    for (const [number, token] of tokens) {
      if (this.fills.get(number) !== token) continue;
      this.fills.delete(number);
      const offset = number * this.lines.lineSize - io.position;
      const end = offset + this.lines.lineSize;
      const whole = succeeded?.some((range) => range.offset <= offset && range.offset + range.length >= end) ?? true;
      const line = whole && !this.lines.has(number) ? this.lines.add(number) : undefined;
      if (line !== undefined) fill(line, 0, io, offset, this.lines.lineSize);
    }
  }

  /**
   * Takes a write into the cache; false, and nothing has changed, when a line of it has to go below: a cancel may still
   * stop it there, and it would tell of nothing written (I4).
   */
  private keep(io: Io): boolean {
    const parts = this.partsOf(io);
    // A write in flight below could land on what is brought down later.
    if (parts.some((part) => this.writers.has(part.number))) return false;
    const lines = this.lines.claim(parts);
    if (lines === undefined) return false;
    for (const [i, part] of parts.entries()) {
      const line = lines[i] as Line;
      fill(line, part.within, io, part.offset, part.length);
      this.fills.delete(part.number);
      this.writeBack.mark(line);
    }
    if (io.fua) this.bringDown(io, lines);
    else io.finish(io.length, null);
    this.writeBack.trim(this.capacity >> 1);
    return true;
  }

  /** A `fua` write ends once its lines are below, and stable there. */
  private bringDown(io: Io, lines: readonly Line[]): void {
    this.writeBack.cleanAll(lines).notify(({ value }) => {
      if (value !== null) io.finish(0, value);
      else {
        this.writeBack.flush().notify(({ value: unstable }) => {
          io.finish(unstable === null ? io.length : 0, unstable);
        });
      }
    });
  }

  /** Registered first, so that no line of it gets dirty again; then what is dirty there goes down in front of it. */
  private writeBelow(io: Io): void {
    const numbers = this.partsOf(io).map(({ number }) => number);
    for (const number of numbers) {
      this.fills.delete(number);
      const writers = this.writers.get(number);
      if (writers === undefined) this.writers.set(number, { count: 1, mixed: false });
      else {
        writers.count++;
        writers.mixed = true;
      }
    }
    const lines = numbers.map((number) => this.lines.get(number)).filter((line) => line !== undefined);
    this.writeBack.cleanAll(lines).notify(({ value }) => {
      if (value === null) io.pass(this, this.lower, io.position, NOTHING);
      else {
        for (const number of numbers) this.leave(number);
        io.finish(0, value);
      }
    });
  }

  /** A line is worth keeping when this write was the only one there, and all of it arrived. */
  private written(io: Io): void {
    const arrived = io.operation === 'write' && io.failure === null && io.bytes === io.length;
    for (const part of this.partsOf(io)) {
      const alone = this.leave(part.number);
      const whole = part.length === this.lines.lineSize;
      const line = this.lines.get(part.number) ?? (arrived && alone && whole ? this.lines.add(part.number) : undefined);
      if (line === undefined) continue;
      if (arrived && alone) fill(line, part.within, io, part.offset, part.length);
      else this.lines.drop(line);
    }
  }

  /** A write below has ended; whether no other was in flight beside it. */
  private leave(number: number): boolean {
    const writers = this.writers.get(number);
    if (writers === undefined) return false;
    if (--writers.count === 0) this.writers.delete(number);
    return !writers.mixed;
  }

  /** The parts of a header's range, a line each. */
  private partsOf(io: Io): Part[] {
    const { lineSize } = this.lines;
    const parts: Part[] = [];
    for (let offset = 0; offset < io.length;) {
      const at = io.position + offset;
      const within = at % lineSize;
      const length = Math.min(lineSize - within, io.length - offset);
      parts.push({ number: Math.floor(at / lineSize), within, offset, length });
      offset += length;
    }
    return parts;
  }
}

interface Run {
  readonly offset: number;
  length: number;
}

interface Part extends Run {
  readonly number: number;
  /** Where it begins in its line. */
  readonly within: number;
}

/** From the header's memory to a line. */
function fill(line: Line, within: number, io: Io, offset: number, length: number): void {
  let at = within;
  for (const view of io.pages?.views(io.offset + offset, length) ?? []) {
    line.pages.set(view, at);
    at += view.length;
  }
}

/** From a line, whose pages need not lie together, to the header's memory. */
function copy(line: Line, within: number, io: Io, offset: number, length: number): void {
  let at = io.offset + offset;
  for (const view of line.pages.views(within, length)) {
    io.pages?.set(view, at);
    at += view.length;
  }
}
