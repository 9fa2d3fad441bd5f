import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Unaligned } from '../../lib/layers/unaligned.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';

/*
 * One random program of bytes over blocks under one design, compared with a plain array. Requests begin and end anywhere,
 * in memory that lies anywhere; the disk answers in any order, in part and with errors, and cancels come at any moment.
 * Requests that share a byte are not in flight together when one is a change; many share a block.
 */

const BLOCK = 512;
const SIZE = 16 * BLOCK;
const UNTOUCHED = 0xee;
const SETTLED = 0xdd;
const ALL_SETTLED = new Uint8Array(2 * SIZE).fill(SETTLED);
/** Bytes that are not zero, taken from anywhere. */
const NOISE: Uint8Array = Uint8Array.from({ length: 4 * SIZE }, (_, i) => 1 + ((Math.imul(i + 1, 0x9e3779b1) >>> 13) % 255)); // prettier-ignore

interface Flight {
  readonly operation: 'read' | 'write' | 'discard' | 'writeZeroes';
  readonly start: number;
  readonly length: number;
  readonly pages: PageVector | null;
  /** Where the range begins in the pages. */
  readonly skip: number;
  readonly after: Uint8Array;
  request: IoRequest | null;
  settled: number;
}

export class UnalignedProgram {
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly pool: PagePool;
  private readonly own = new PagePool({ maxBytes: 1 << 20 });
  private readonly disk: FaultyDevice;
  private readonly device: Unaligned;
  private readonly model = new Uint8Array(SIZE);
  private readonly flights: Flight[] = [];
  private broken: Error | null = null;

  constructor(strategy: Strategy, random: Random, tally: Map<string, number>) {
    this.random = random;
    this.tally = tally;
    // What is not aligned as asked for is refused there.
    this.disk = new FaultyDevice({ size: SIZE, strategy, memoryAlignment: random.pick([1, BLOCK]) });
    // Sometimes less than all that is in flight needs.
    this.pool = new PagePool({ maxBytes: random.pick([2, 4, 64]) * 4096 });
    this.device = new Unaligned(this.disk, { pool: this.pool });
    this.model.set(noise(random, SIZE));
    this.disk.contents.set(this.model);
    const inlinePercent = random.pick([0, 0, 30]);
    this.disk.onSubmit = () => random.chance(inlinePercent);
  }

  async run(): Promise<void> {
    for (let step = 0; step < 40; step++) {
      const kind = this.random.below(100);
      if (kind < 50) this.begin();
      else if (kind < 58) this.cancel();
      else this.answer();
      if (this.broken !== null) throw this.broken;
    }
    while (this.disk.pending.length > 0) this.answer();
    await this.finish();
  }

  private begin(): void {
    const { random, device } = this;
    const operation = random.pick(['read', 'read', 'write', 'write', 'write', 'writeZeroes', 'discard'] as const);
    const whole = random.chance(25);
    const unit = whole ? BLOCK : 1;
    const length = unit * (1 + random.below((random.chance(60) ? 2 : 5) * (BLOCK / unit)));
    const start = unit * random.below((SIZE - length) / unit + 1);
    if (this.flights.some((other) => collides(other, operation, start, length))) return;
    const transfers = operation === 'read' || operation === 'write';
    const skip = whole && random.chance(70) ? random.below(3) * BLOCK : random.below(2 * BLOCK);
    const pages = transfers ? this.own.allocate(skip + length) : null;
    const before = this.model.slice(start, start + length);
    const after = operation === 'write' ? noise(random, length) : new Uint8Array(length);
    // Of a block that it has only a part of, a discard leaves that part as it is.
    if (operation === 'discard') {
      const inner = Math.ceil(start / BLOCK) * BLOCK - start;
      const end = Math.max(inner, start + length - ((start + length) % BLOCK) - start);
      after.set(before);
      after.fill(0, Math.min(inner, length), Math.min(end, length));
    }
    pages?.set(new Uint8Array(pages.length).fill(UNTOUCHED));
    if (operation === 'write') pages?.set(after, skip);
    const flight: Flight = { operation, start, length, pages, skip, after, request: null, settled: 0 };
    this.flights.push(flight);
    this.count(operation);
    const waiting = waits();
    const options = { position: start, fua: random.chance(10) };
    if (pages === null) flight.request = device[operation as 'discard'](length, { position: start });
    else flight.request = device[operation as 'write'](pages.range(skip, length), options);
    if (waits() > waiting) this.count('waited');
    const { request } = flight;
    request.notify(() => {
      try {
        this.settled(flight, request);
      } catch (error) {
        this.broken ??= error as Error;
      }
    });
  }

  private settled(flight: Flight, request: IoRequest): void {
    const { operation, start, length, pages, skip, after } = flight;
    demand(++flight.settled === 1, `${title(flight)} settled twice`);
    this.count(request.state);
    const runs = pages !== null && this.disk.pending.some((op) => op.pages === pages);
    demand(!runs, `${title(flight)} settled while it ran below`);
    const { succeeded } = request;
    if (request.state !== 'done') {
      this.count((request.error as IoError).code);
      if (succeeded.length > 0) this.count('in part');
    }
    const expected = new Uint8Array(pages?.length ?? 0).fill(UNTOUCHED);
    for (const range of succeeded) {
      const bytes = operation === 'read' ? this.model : after;
      const from = range.offset + (operation === 'read' ? start : 0);
      if (operation === 'read') expected.set(bytes.subarray(from, from + range.length), skip + range.offset);
      else this.model.set(bytes.subarray(from, from + range.length), start + range.offset);
    }
    if (operation === 'write') expected.set(after, skip);
    const found = pages?.bytes() ?? expected;
    const wrong = differsAt(found, expected);
    // Whole blocks are read into the caller's memory, where what failed may have come in part.
    const inRange = operation === 'read' && wrong >= skip && wrong < skip + length;
    demand(wrong < 0 || (inRange && !tells(succeeded, wrong - skip)), `${title(flight)} holds ${String(found[wrong])} at ${String(wrong - skip)}`); // prettier-ignore
    pages?.set(ALL_SETTLED.subarray(0, pages.length));
  }

  private cancel(): void {
    const open = this.flights.filter(({ settled }) => settled === 0);
    if (open.length === 0) return;
    const waiting = waits();
    this.random.pick(open).request?.cancel();
    if (waits() < waiting) this.count('cancelled while it waited');
  }

  private answer(): void {
    const { pending } = this.disk;
    if (pending.length === 0) return;
    const op = this.random.pick(pending);
    if (this.random.chance(85)) op.answer();
    else this.fail(op);
  }

  private fail(op: Op): void {
    const { random } = this;
    const from = random.below(op.length + 1);
    const missing = [{ offset: from, length: random.chance(50) ? op.length - from : random.below(op.length - from + 1) }]; // prettier-ignore
    op.answer({ missing, error: random.chance(60) ? new IoError('EIO') : null });
    this.count('failed below');
  }

  /** Nothing is left of anybody, and the disk holds what the model does. */
  private async finish(): Promise<void> {
    for (const flight of this.flights) demand(flight.settled === 1, `${title(flight)} never settled`);
    if (this.broken !== null) throw this.broken;
    const { device, disk, model } = this;
    const wrong = differsAt(disk.contents, model);
    demand(
      wrong < 0,
      `the disk holds ${String(disk.contents[wrong])} at ${String(wrong)}, not ${String(model[wrong])}`,
    );
    demand(disk.started === disk.ended && device.started === device.ended, 'something runs');
    demand(this.pool.pagesInUse === 0, 'pages were not given back');
    demand(waits() === 0, 'something waits');
    for (const flight of this.flights) {
      const late =
        flight.pages?.views().some((view) => Buffer.compare(view, ALL_SETTLED.subarray(0, view.length)) !== 0) === true;
      demand(!late, `the pages of ${title(flight)} were touched after it had settled`);
    }
    await device.close();
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}

function noise(random: Random, length: number): Uint8Array {
  const start = random.below(NOISE.length - length);
  return NOISE.slice(start, start + length);
}

/** The first byte in which two arrays of one length differ, or -1. */
function differsAt(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b) === 0 ? -1 : a.findIndex((byte, i) => byte !== b[i]);
}

function waits(): number {
  return [...WaitingList.all].reduce((sum, { length }) => sum + length, 0);
}

/** Whether one that has not settled shares bytes, and one of them changes these. */
function collides(other: Flight, operation: Flight['operation'], start: number, length: number): boolean {
  if (other.settled > 0 || (operation === 'read' && other.operation === 'read')) return false;
  return other.start < start + length && start < other.start + other.length;
}

function tells(ranges: readonly { offset: number; length: number }[], at: number): boolean {
  return ranges.some(({ offset, length }) => offset <= at && at < offset + length);
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

function title({ operation, start, length }: Flight): string {
  return `${operation} ${String(start)}+${String(length)}`;
}
