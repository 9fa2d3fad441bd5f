import type { BlockDevice } from '../../lib/io/device.js';
import type { Operation, Strategy } from '../../lib/io/io.js';
import { IoClass } from '../../lib/io/io-class.js';
import { IoError, type ByteRange, type IoErrorCode } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PAGE_SIZE, type PagePool, type PageVector } from '../../lib/io/pages.js';
import type { Plug } from '../../lib/io/plug.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { FaultyDevice, type Answer, type Op } from './faulty-device.js';
import type { Random } from './random.js';
import { devicesOf, type Stack } from './stacks.js';

/*
 * One random program against one stack under one design, compared with a plain array of bytes. Disks are in the
 * program's hands: it lets them answer in any order, in part, with errors, or at once, and cancels at any moment. What
 * must come out is computed from what the disks were made to do.
 */

const BLOCK = 512;
const CODES: readonly IoErrorCode[] = ['EIO', 'ENOSPC', 'EINVAL', 'ENXIO'];
const EMPTY = new Uint8Array(0);
const CLASSES = [new IoClass(), new IoClass({ priority: 1 }), new IoClass({ priority: 1, weight: 3 })];
const SETTLED = new Uint8Array(1 << 16).fill(0xee);
/** Bytes that are not zero, taken from anywhere. */
const NOISE: Uint8Array = Uint8Array.from(
  { length: 1 << 17 },
  (_, i) => 1 + ((Math.imul(i + 1, 0x9e3779b1) >>> 13) % 255),
);

export type Tally = Map<string, number>;

/** Where a byte of a disk is on the device at the top: found out by writing unit by unit. */
interface Layout {
  readonly positions: ReadonlyMap<string, Int32Array>;
  /** How many disks a flush reaches. */
  readonly flushes: number;
}

function build(stack: Stack, strategy: Strategy, pool: PagePool): { top: BlockDevice; disks: FaultyDevice[] } {
  const disks: FaultyDevice[] = [];
  const disk = (blocks = 32): BlockDevice => {
    const made = new FaultyDevice({
      size: blocks * BLOCK,
      strategy,
      inline: true,
      name: `disk ${String(disks.length)}`,
    });
    disks.push(made);
    return made;
  };
  return { top: stack.build({ disk, pool }), disks };
}

export function layoutOf(stack: Stack, strategy: Strategy, pool: PagePool): Layout {
  const { top, disks } = build(stack, strategy, pool);
  const positions = new Map(disks.map((disk) => [disk.name, new Int32Array(disk.size / BLOCK).fill(-1)]));
  const unit = top.blockSize;
  const pages = pool.allocate(unit);
  let at = 0;
  let done = 0;
  let flushes = 0;
  for (const disk of disks) {
    disk.onSubmit = (op) => {
      if (op.operation === 'flush') flushes++;
      for (let offset = 0; offset < op.length; offset += BLOCK, done += BLOCK) {
        (positions.get(disk.name) as Int32Array)[(op.position + offset) / BLOCK] = at + (done % unit);
      }
      return true;
    };
  }
  for (; at < top.size; at += unit, done = 0) top.write(pages.range(0, unit), { position: at });
  top.flush();
  pages.free();
  return { positions, flushes };
}

/** A request and all that the program knows of it. */
class Flight {
  readonly operation: Operation;
  readonly position: number;
  readonly length: number;
  /** What the device holds there before … */
  readonly before: Uint8Array;
  /** … and after, as far as it succeeds. */
  readonly after: Uint8Array;
  /** Which bytes the disks have transferred. */
  readonly moved: Uint8Array;
  /** Which they have in any attempt: requests that were merged may be sent again. */
  readonly touched: Uint8Array;
  /** Faults before it began … */
  faultsBefore = 0;
  /** … and cancels of others. */
  cancelsBefore = 0;
  ioClass: IoClass | null = null;
  pages: PageVector | null = null;
  /** What its pages held when it was submitted. */
  memory: Uint8Array = EMPTY;
  /** Where the range begins in the pages. */
  skip = 0;
  request: IoRequest | null = null;
  reached = 0;
  running = 0;
  settled = 0;
  /** Errors in time; a cancel stands there as `ECANCELED`, and counts if it pulled something. */
  readonly failures: IoErrorCode[] = [];
  cancelled = false;
  /** Where a cancel came from inside a callback and devices answer inline, a design cannot see all of what is on its way. */
  loosely = false;

  constructor(operation: Operation, position: number, before: Uint8Array, after: Uint8Array) {
    this.operation = operation;
    this.position = position;
    this.length = before.length;
    this.before = before;
    this.after = after;
    this.moved = new Uint8Array(before.length);
    this.touched = new Uint8Array(before.length);
  }
}

export class Program {
  private readonly stack: Stack;
  private readonly layout: Layout;
  private readonly random: Random;
  private readonly pool: PagePool;
  private readonly tally: Tally;
  private readonly top: BlockDevice;
  private readonly disks: readonly FaultyDevice[];
  private readonly model: Uint8Array;
  private readonly known: Uint8Array;
  private readonly holders: (Flight | null)[];
  private readonly flights: Flight[] = [];
  private readonly queues: readonly RequestQueue[];
  private readonly plugs: Plug[] = [];
  private readonly inlinePercent: number;
  private flushing: Flight | null = null;
  private callbacks = 0;
  private faults = 0;
  private cancels = 0;
  private broken: Error | null = null;

  constructor(stack: Stack, strategy: Strategy, layout: Layout, random: Random, pool: PagePool, tally: Tally) {
    this.stack = stack;
    this.layout = layout;
    this.random = random;
    this.pool = pool;
    this.tally = tally;
    const { top, disks } = build(stack, strategy, pool);
    this.top = top;
    this.disks = disks;
    this.queues = devicesOf(top).filter((device) => device instanceof RequestQueue);
    for (const { contents } of disks) contents.set(noise(random, contents.length));
    this.model = this.readAll();
    this.known = new Uint8Array(top.size).fill(1);
    this.holders = new Array<Flight | null>(top.size / BLOCK).fill(null);
    this.inlinePercent = random.chance(30) ? 30 : 0;
    for (const disk of disks) {
      disk.inline = false;
      disk.onSubmit = (op) => this.reached(op);
    }
  }

  run(): void {
    const { random } = this;
    const inUse = this.pool.pagesInUse;
    const before = [this.top.started, this.top.ended];
    for (let steps = 10 + random.below(30); steps > 0; steps--) {
      this.step();
      this.check();
    }
    for (const plug of this.plugs) plug.unplug();
    for (let op = this.anyOp(); op !== null; op = this.anyOp()) {
      this.answer(op);
      this.check();
    }
    for (const flight of this.flights) {
      this.demand(flight.settled === 1, `${title(flight)} settled ${String(flight.settled)} times`);
      if (flight.pages !== null) {
        const changed = differsAt(flight.pages.bytes(), SETTLED.subarray(0, flight.pages.length));
        this.demand(changed < 0, `the pages of ${title(flight)} were changed after it had settled`);
        flight.pages.free();
      }
    }
    this.demand(this.pool.pagesInUse === inUse, 'pages were left in use');
    this.demand(this.top.started - (before[0] ?? 0) === this.top.ended - (before[1] ?? 0), 'something is in flight');
    this.demand([...WaitingList.all].length === 0, 'a request queue holds something');
    for (const queue of this.queues) this.demand(queue.queued + queue.inFlight === 0, 'a queue is not empty');
    this.compareAll();
  }

  private step(): void {
    const { random } = this;
    const dice = random.below(100);
    if (this.queues.length > 0 && random.chance(15)) this.plugOrUnplug();
    if (dice < 48) this.submit();
    else if (dice < 52) this.flush();
    else if (dice < 88) {
      const op = this.anyOp();
      if (op !== null) this.answer(op);
    } else this.cancel(false);
  }

  private plugOrUnplug(): void {
    const { random, plugs } = this;
    if (plugs.length > 0 && random.chance(60)) plugs.splice(random.below(plugs.length), 1)[0]?.unplug();
    else {
      plugs.push(random.pick(this.queues).plug());
      this.count('plugged');
    }
  }

  /** One of the operations that wait at the disks. */
  private anyOp(): Op | null {
    const waiting = this.disks.filter((disk) => disk.pending.length > 0);
    return waiting.length === 0 ? null : this.random.pick(this.random.pick(waiting).pending);
  }

  private submit(): void {
    const { random, top } = this;
    const unit = top.blockSize;
    const units = top.size / unit;
    const length = (1 + random.below(Math.min(units, random.chance(20) ? 32 : 6))) * unit;
    const beside = this.stack.merges === true && random.chance(80) ? this.pending() : null;
    const position =
      beside === null
        ? random.below(units - length / unit + 1) * unit
        : random.chance(50)
          ? beside.position + beside.length
          : beside.position - length;
    if (position < 0 || position + length > top.size) return;
    for (let at = position; at < position + length; at += BLOCK) if (this.holders[at / BLOCK] !== null) return;
    const operation =
      beside?.operation ??
      random.pick(
        (['read', 'read', 'read', 'write', 'write', 'write', 'writeZeroes', 'discard'] as const).filter((each) =>
          top.operations.includes(each),
        ),
      );
    const before = this.model.slice(position, position + length);
    const after = operation === 'read' ? before : new Uint8Array(length);
    // No byte is written that is there already, so that what was written shows.
    if (operation === 'write') {
      after.set(noise(random, length));
      const words = wordsOf(after);
      const old = wordsOf(before);
      for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ (old[i] as number);
    }
    const flight = new Flight(operation, position, before, after);
    for (let at = position; at < position + length; at += BLOCK) this.holders[at / BLOCK] = flight;
    this.start(flight, beside);
  }

  /** A request that has not settled, for another to adjoin. */
  private pending(): Flight | null {
    const pending = this.flights.filter(({ settled, operation }) => settled === 0 && operation !== 'flush');
    return pending.length === 0 ? null : this.random.pick(pending);
  }

  private flush(): void {
    if (this.flushing !== null) return;
    this.flushing = new Flight('flush', 0, new Uint8Array(0), new Uint8Array(0));
    this.start(this.flushing, null);
  }

  private start(flight: Flight, beside: Flight | null): void {
    const { random, top } = this;
    const { operation, position, length } = flight;
    this.flights.push(flight);
    flight.faultsBefore = this.faults;
    flight.cancelsBefore = this.cancels;
    this.count(operation);
    const aborted = random.chance(3);
    if (aborted) {
      flight.cancelled = true;
      flight.failures.push('ECANCELED');
      this.count('cancelled before submit');
    }
    flight.ioClass = beside === null ? (random.chance(40) ? random.pick(CLASSES) : null) : beside.ioClass;
    const options = {
      position,
      ...(flight.ioClass === null ? {} : { ioClass: flight.ioClass }),
      ...(aborted ? { signal: AbortSignal.abort('early') } : {}),
    };
    if (operation === 'read' || operation === 'write') {
      flight.skip = random.chance(50) ? 0 : random.below(3) * BLOCK + random.below(2);
      const pages = (flight.pages = this.pool.allocate(flight.skip + length + 1));
      if (!pages.contiguous) this.count('fragmented pages');
      flight.memory = memoryOf(flight, pages.length);
      pages.set(flight.memory);
      flight.request = top[operation](pages.range(flight.skip, length), options);
    } else if (operation === 'flush') flight.request = top.flush(options);
    else flight.request = top[operation](length, options);
    flight.request.notify(() => {
      this.callbacks++;
      try {
        this.hasSettled(flight);
        if (random.chance(10)) this.submit();
        if (random.chance(10)) this.cancel(true);
      } catch (error) {
        this.broken ??= error as Error;
      }
      this.callbacks--;
    });
  }

  /** Something has come down to a disk. True: it is to answer at once. */
  private reached(op: Op): boolean {
    try {
      const owners = this.ownersOf(op);
      for (const flight of owners) {
        this.demand(flight.settled === 0, `${name(op)} came after ${title(flight)} had settled`);
        // One that rides along with another is left to finish with it.
        const late = flight.cancelled && !flight.loosely && this.stack.merges !== true;
        this.demand(!late, `${name(op)} came after ${title(flight)} was cancelled`);
        flight.reached += op.operation === 'flush' ? 1 : op.length;
        flight.running++;
      }
      if (owners.size > 1) this.count('merged');
      if (!this.random.chance(this.inlinePercent)) return false;
      this.count('inline answers');
      for (const flight of owners) flight.running--;
      this.moved(op, []);
      return true;
    } catch (error) {
      this.broken ??= error as Error;
      return true;
    }
  }

  private answer(op: Op): void {
    const { random } = this;
    const owners = this.ownersOf(op);
    if (op.device.pending[0] !== op) this.count('out of order');
    const answer = random.chance(25) ? this.fault(op) : {};
    const { error = null } = answer;
    this.moved(op, answer.missing ?? (error === null ? [] : [{ offset: 0, length: op.length }]));
    for (const flight of owners) {
      this.demand(flight.settled === 0, `${title(flight)} settled while ${name(op)} ran`);
      if (error !== null) flight.failures.push(error.code);
      flight.running--;
    }
    op.answer(answer);
  }

  private fault({ length }: Op): Answer {
    const { random } = this;
    const error = new IoError(random.pick(CODES));
    const from = random.below(length + 1);
    const kind = length === 0 ? 'failed' : random.pick(['failed', 'failed behind', 'failed inside', 'short'] as const);
    this.count(kind);
    this.faults++;
    if (kind === 'failed') return { error };
    if (kind === 'failed behind') return { error, missing: [{ offset: from, length: length - from }] };
    if (kind === 'short') return { missing: [{ offset: from, length: length - from }] };
    return { error, missing: [{ offset: from, length: random.below(length - from + 1) }] };
  }

  private moved(op: Op, missing: readonly ByteRange[]): void {
    for (let offset = 0; offset < op.length; offset += BLOCK) {
      if (missing.length === 0) {
        this.movedAll(this.positionOf(op, offset));
        continue;
      }
      const gone = new Uint8Array(BLOCK);
      for (const range of missing) {
        if (range.offset >= offset + BLOCK || range.offset + range.length <= offset) continue;
        gone.fill(1, Math.max(0, range.offset - offset), range.offset + range.length - offset);
      }
      const position = this.positionOf(op, offset);
      const { moved, touched, position: start } = this.holders[position / BLOCK] as Flight;
      for (let i = 0; i < BLOCK; i++) {
        moved[position - start + i] = 1 - (gone[i] as number);
        if (gone[i] === 0) touched[position - start + i] = 1;
      }
    }
  }

  private movedAll(position: number): void {
    const { moved, touched, position: start } = this.holders[position / BLOCK] as Flight;
    moved.fill(1, position - start, position - start + BLOCK);
    touched.fill(1, position - start, position - start + BLOCK);
  }

  /** Where a block of what has come down is on the device at the top. */
  private positionOf(op: Op, offset: number): number {
    return this.layout.positions.get(op.device.name)?.[(op.position + offset) / BLOCK] ?? -1;
  }

  /** Whose it is: one request's, unless requests are merged. */
  private ownersOf(op: Op): Set<Flight> {
    const owners = new Set<Flight>();
    if (this.flushing !== null && op.operation === 'flush') owners.add(this.flushing);
    for (let offset = 0; offset < op.length; offset += BLOCK) {
      const flight = this.holders[this.positionOf(op, offset) / BLOCK] ?? null;
      this.demand(flight !== null, `${name(op)} belongs to no request`);
      if (flight !== null) owners.add(flight);
    }
    this.demand(owners.size === 1 || (owners.size > 1 && this.stack.merges === true), `${name(op)} belongs to no one`);
    return owners;
  }

  private cancel(inside: boolean): void {
    const waiting = this.flights.filter((flight) => flight.settled === 0 && flight.request !== null);
    if (waiting.length === 0) return;
    const flight = this.random.pick(waiting);
    const { request } = flight;
    if (request === null || request.settled) return;
    const again = flight.cancelled;
    if (!again) {
      flight.failures.push('ECANCELED');
      flight.cancelsBefore++;
      this.cancels++;
    }
    flight.cancelled = true;
    flight.loosely ||= inside && this.inlinePercent > 0;
    const answer = request.cancel('enough');
    this.count(again ? 'cancelled again' : inside ? 'cancelled inside' : answer);
    if (inside || again) return;
    // One that failed before with what had come up, and had the rest pulled, was both asked and too late.
    const expected =
      request.state === 'cancelled' ? ['cancelled'] : request.settled ? ['requested', 'too-late'] : ['requested'];
    this.demand(expected.includes(answer), `cancelling ${title(flight)} answered ${answer}, it is ${request.state}`);
    if (request.settled && request.state !== 'cancelled') this.count('cancelled after an error');
  }

  private hasSettled(flight: Flight): void {
    const { request, length } = flight;
    flight.settled++;
    this.demand(flight.settled === 1, `${title(flight)} settled again`);
    this.demand(flight.running === 0, `${title(flight)} settled while something ran below`);
    if (flight === this.flushing) this.flushing = null;
    // It settles inside of the call that makes it when all devices answer inline.
    if (request === null && this.inlinePercent === 0 && !flight.cancelled)
      throw new Error(`${title(flight)} was early`);
    const succeeded = this.succeededOf(flight);
    const sum = succeeded.reduce((total, range) => total + range.length, 0);
    this.checks.push(() => {
      this.checkOutcome(flight, succeeded, sum);
    });
    this.checkMemory(flight, succeeded);
    flight.pages?.set(SETTLED.subarray(0, flight.pages.length));
    this.adopt(flight, succeeded);
    if (sum < length) return;
    if (this.stack.whole !== undefined && flight.operation === 'discard') return;
    for (let at = flight.position; at < flight.position + length; at += BLOCK) this.holders[at / BLOCK] = null;
  }

  /** Outcomes are looked at after the step, when the call that made the request has returned it. */
  private readonly checks: (() => void)[] = [];

  private checkOutcome(flight: Flight, succeeded: readonly ByteRange[], sum: number): void {
    const request = flight.request as IoRequest;
    if (this.stack.merges === true) {
      this.checkMerged(flight, succeeded, sum);
      return;
    }
    const reachedAll = flight.reached === (flight.operation === 'flush' ? this.layout.flushes : flight.length);
    const failures = flight.failures.filter((code) => code !== 'ECANCELED' || !reachedAll);
    if (failures.length === 0) {
      this.demand(request.state === 'done', `${title(flight)} is ${request.state}: ${String(request.error)}`);
      this.demand(request.value === sum, `${title(flight)} yields ${String(request.value)}, not ${String(sum)}`);
      this.count(sum < flight.length ? 'done short' : 'done');
      return;
    }
    const error = request.error as IoError;
    this.demand(error instanceof IoError, `${title(flight)} is ${request.state}, after ${failures.join()}`);
    const right =
      this.stack.nested === true || flight.loosely ? failures.includes(error.code) : error.code === failures[0];
    this.demand(right, `${title(flight)} failed with ${error.code}, after ${failures.join()}`);
    const state = error.code === 'ECANCELED' ? 'cancelled' : 'failed';
    this.demand(request.state === state, `${title(flight)} is ${request.state} with ${error.code}`);
    this.demand(error.bytes === sum, `${title(flight)} tells ${String(error.bytes)} bytes, not ${String(sum)}`);
    const told = JSON.stringify(error.succeeded);
    this.demand(told === JSON.stringify(succeeded), `${title(flight)} tells ${told}, not ${JSON.stringify(succeeded)}`);
    this.count(sum > 0 ? `${state} in part` : state);
  }

  /** Where requests share operations: what succeeded is told exactly, and nobody fails by another's cancel. */
  private checkMerged(flight: Flight, succeeded: readonly ByteRange[], sum: number): void {
    const request = flight.request as IoRequest;
    const { state } = request;
    const cut = this.cancels > flight.cancelsBefore;
    const told = cut ? this.toldAgain(flight, request.succeeded) : succeeded;
    sum = told.reduce((total, range) => total + range.length, 0);
    if (state === 'done') {
      this.demand(request.value === sum, `${title(flight)} yields ${String(request.value)}, not ${String(sum)}`);
      this.demand(sum === flight.length || this.faults > flight.faultsBefore, `${title(flight)} is short, for nothing`);
      this.count(sum < flight.length ? 'done short' : 'done');
      return;
    }
    const error = request.error as IoError;
    const { code, bytes } = error;
    this.demand(error instanceof IoError, `${title(flight)} is ${state} with ${String(error)}`);
    this.demand((code === 'ECANCELED') === (state === 'cancelled'), `${title(flight)} is ${state} with ${code}`);
    const mine = code === 'ECANCELED' ? flight.cancelled : this.faults > flight.faultsBefore;
    this.demand(mine, `${title(flight)} failed with ${code}, for nothing`);
    this.demand(bytes === sum, `${title(flight)} tells ${String(bytes)} bytes, not ${String(sum)}`);
    const [is, ought] = [JSON.stringify(error.succeeded), JSON.stringify(told)];
    this.demand(is === ought, `${title(flight)} tells ${is}, not ${ought}`);
    this.count(sum > 0 ? `${state} in part` : state);
  }

  /**
   * What may be told of one whose operation was perhaps pulled by another's cancel: it is sent again in whole blocks, so
   * that of a block that had come in part, and was pulled the second time, nothing is told.
   */
  private toldAgain(flight: Flight, told: readonly ByteRange[]): ByteRange[] {
    const moved = flight.moved.slice();
    for (let at = 0; at < moved.length; at += BLOCK) {
      const block = moved.subarray(at, at + BLOCK);
      const isTold = told.some(({ offset, length }) => offset < at + BLOCK && offset + length > at);
      if (!isTold && block.includes(0)) block.fill(0);
    }
    return this.succeededOf({ moved, length: flight.length, pages: flight.pages });
  }

  /** Neighbouring bytes that have been transferred, in wholes. */
  private succeededOf({ moved, length, pages }: Pick<Flight, 'moved' | 'length' | 'pages'>): ByteRange[] {
    const whole = pages === null ? 1 : (this.stack.whole ?? 1);
    const ranges: ByteRange[] = [];
    let start = -1;
    for (let at = 0; at <= length; at += whole) {
      const good = at < length && (whole === 1 ? moved[at] === 1 : !moved.subarray(at, at + whole).includes(0));
      if (good && start < 0) start = at;
      if (!good && start >= 0) {
        ranges.push({ offset: start, length: at - start });
        start = -1;
      }
    }
    return ranges;
  }

  private checkMemory(flight: Flight, succeeded: readonly ByteRange[]): void {
    const { pages, skip, length, before } = flight;
    if (pages === null) return;
    const found = pages.bytes();
    const expected = flight.memory;
    for (const range of flight.operation === 'read' ? succeeded : []) {
      expected.set(before.subarray(range.offset, range.offset + range.length), skip + range.offset);
    }
    if (this.stack.whole !== undefined && flight.operation === 'read') {
      // What failed may hold anything but what was asked for.
      for (let at = 0; at < length; at += this.stack.whole) {
        if (succeeded.some((range) => at >= range.offset && at < range.offset + range.length)) continue;
        const sector = found.subarray(skip + at, skip + at + this.stack.whole);
        const wrong = differsAt(sector, before.subarray(at, at + this.stack.whole)) >= 0;
        this.demand(wrong, `${title(flight)} holds data at ${String(at)} that it does not tell of`);
        expected.set(sector, skip + at);
      }
    }
    if (this.stack.merges === true && flight.operation === 'read') {
      // An attempt before the last may have read more.
      for (let i = 0; i < length; i++) {
        if (flight.touched[i] === 1 && flight.moved[i] === 0) expected[skip + i] = before[i] as number;
      }
    }
    const at = differsAt(found, expected);
    this.demand(at < 0, `the pages of ${title(flight)} are wrong at ${String(at - skip)}`);
  }

  /** Takes over into the model what was written, and what nobody can know. */
  private adopt(flight: Flight, succeeded: readonly ByteRange[]): void {
    const { whole } = this.stack;
    if (flight.operation === 'read' || flight.operation === 'flush') return;
    for (const { offset, length } of succeeded) {
      this.model.set(flight.after.subarray(offset, offset + length), flight.position + offset);
    }
    for (let i = 0; i < flight.length && this.stack.merges === true; i++) {
      if (flight.touched[i] === 1 && flight.moved[i] === 0) this.known[flight.position + i] = 0;
    }
    if (whole === undefined) return;
    for (let at = 0; at < flight.length; at += whole) {
      const noise =
        flight.operation === 'discard' || !succeeded.some(({ offset, length }) => at >= offset && at < offset + length);
      if (noise && flight.moved.subarray(at, at + whole).includes(1)) {
        this.known.fill(0, flight.position + at, flight.position + at + whole);
      }
    }
  }

  private readAll(): Uint8Array {
    for (const disk of this.disks) {
      disk.inline = true;
      disk.onSubmit = null;
    }
    const pages = this.pool.allocate(this.top.size);
    const request = this.top.read(pages.range(0, this.top.size), { position: 0 });
    this.demand(request.value === this.top.size, 'the device cannot be read');
    const bytes = pages.bytes(0, this.top.size);
    pages.free();
    return bytes;
  }

  private compareAll(): void {
    const found = this.readAll();
    if (this.known.includes(0)) {
      for (let i = 0; i < found.length; i++) if (this.known[i] === 0) found[i] = this.model[i] as number;
    }
    const at = differsAt(found, this.model);
    this.demand(at < 0, `the device differs from the model at ${String(at)}`);
  }

  private check(): void {
    for (let next = this.checks.shift(); next !== undefined; next = this.checks.shift()) next();
    if (this.broken !== null) throw this.broken;
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  private demand(holds: boolean, message: string): void {
    if (!holds) throw new Error(message);
  }
}

function noise(random: Random, length: number): Uint8Array {
  const start = random.below(NOISE.length - length);
  return NOISE.subarray(start, start + length);
}

/** Pages of this length for a flight: every byte of a read differs from the one that is to be read there. */
function memoryOf({ operation, skip, before, after }: Flight, length: number): Uint8Array {
  const memory = new Uint8Array(length).fill(0x5a);
  if (operation === 'write') {
    memory.set(after, skip);
    return memory;
  }
  const words = wordsOf(before.slice());
  for (let i = 0; i < words.length; i++) words[i] = ~(words[i] as number);
  memory.set(new Uint8Array(words.buffer), skip);
  return memory;
}

/** Whole blocks in a buffer of their own, four bytes at a time. */
function wordsOf(blocks: Uint8Array): Uint32Array {
  return new Uint32Array(blocks.buffer, 0, blocks.length / 4);
}

/** The first byte in which two arrays of one length differ, or -1. */
function differsAt(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b) === 0 ? -1 : a.findIndex((byte, i) => byte !== b[i]);
}

function title({ operation, position, length }: Flight): string {
  return `${operation} ${String(position)}+${String(length)}`;
}

function name(op: Op): string {
  return `${op.operation} ${String(op.position)}+${String(op.length)} on ${op.device.name}`;
}

/** Takes every other page of a pool, so that what it hands out lies in pieces. */
export function fragment(pool: PagePool, pages: number): void {
  const taken = Array.from({ length: pages }, () => pool.allocate(PAGE_SIZE));
  for (const [i, each] of taken.entries()) if (i % 2 === 1) each.free();
}
