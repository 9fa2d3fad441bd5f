import { alikeOf } from '../effects.js';
import type { Rig, Run } from '../row.js';

/** What is done to a disk: request after request in order, so many at a time, from its start again at its end. */
export interface Job {
  readonly operation: 'read' | 'write';
  /** Bytes of one request. */
  readonly size: number;
  /** Requests in flight. */
  readonly depth: number;
  /** Bytes of the disk, a multiple of `size`. */
  readonly total: number;
}

/** Where the bytes end up, as somebody sees them who knows nothing of the contender. */
export interface Disk {
  fill(content: Uint8Array): Promise<void>;
  content(): Promise<Uint8Array>;
}

/** One of the requests in flight: its memory, and what it is about at present. */
export class Slot {
  readonly buffer: Uint8Array;
  i = 0;
  position = 0;
  private readonly stamp: Uint32Array;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.stamp = new Uint32Array(buffer.buffer, buffer.byteOffset, 1);
    fillUnit(buffer, 0);
  }

  /** What is written tells where it belongs. */
  begin(job: Job, i: number): void {
    this.i = i;
    const unit = i % (job.total / job.size);
    this.position = unit * job.size;
    if (job.operation === 'write') this.stamp[0] = unit;
  }

  end(bytes: number): void {
    alikeOf(this.i)(bytes >> 12);
  }
}

/** Each request's bytes: a pattern behind the number of the request. */
function fillUnit(buffer: Uint8Array, unit: number): void {
  for (let i = 0; i < buffer.length; i++) buffer[i] = (i * 7 + (i >> 12) * 31) & 255;
  new Uint32Array(buffer.buffer, buffer.byteOffset, 1)[0] = unit;
}

function contentOf({ size, total }: Job): Uint8Array {
  const content = new Uint8Array(total);
  for (let unit = 0; unit < total / size; unit++) fillUnit(content.subarray(unit * size, (unit + 1) * size), unit);
  return content;
}

/** A way to keep requests going. */
export interface Engine {
  readonly run: Run;
  /** Called with each slot whose request has ended, while it is set. */
  ended: ((slot: Slot) => void) | null;
}

/** Looks at every byte that the engine moves between its slots and the disk. */
export async function rigOver(
  job: Job,
  disk: Disk,
  slots: readonly Slot[],
  engine: Engine,
  close: () => Promise<void>,
): Promise<Rig> {
  const content = contentOf(job);
  await disk.fill(content);
  const requests = job.total / job.size;
  return {
    run: engine.run,
    async verify() {
      if (job.operation === 'read') {
        for (const { buffer } of slots) buffer.fill(0);
        engine.ended = ({ buffer, position }) => {
          same(buffer, content.subarray(position, position + job.size), position);
          buffer.fill(0);
        };
        await engine.run(requests);
        engine.ended = null;
      } else {
        await disk.fill(new Uint8Array(job.total));
        await engine.run(requests);
        same(await disk.content(), content, 0);
      }
    },
    close,
  };
}

function same(found: Uint8Array, expected: Uint8Array, position: number): void {
  if (Buffer.compare(found, expected) !== 0) throw new Error(`Wrong bytes were moved at ${String(position)} or after`);
}

/** Keeps requests going from callbacks. */
export class Loop<S extends Slot> implements Engine {
  ended: ((slot: Slot) => void) | null = null;
  private readonly job: Job;
  private readonly slots: readonly S[];
  private readonly start: (slot: S) => void;
  private times = 0;
  private next = 0;
  private busy = 0;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(job: Job, slots: readonly S[], start: (slot: S) => void) {
    this.job = job;
    this.slots = slots;
    this.start = start;
  }

  readonly run: Run = (times) =>
    new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.times = times;
      this.next = 0;
      for (const slot of this.slots) {
        if (this.next === times) break;
        this.busy++;
        this.begin(slot);
      }
    });

  end(slot: S, error: unknown, bytes: number): void {
    if (error !== null && error !== undefined) this.reject(error);
    slot.end(bytes);
    if (this.ended !== null) this.ended(slot);
    if (this.next < this.times) this.begin(slot);
    else if (--this.busy === 0) this.resolve();
  }

  private begin(slot: S): void {
    slot.begin(this.job, this.next++);
    this.start(slot);
  }
}

/** Keeps requests going with `await`. */
export class Awaiting<S extends Slot> implements Engine {
  ended: ((slot: Slot) => void) | null = null;
  private readonly job: Job;
  private readonly slots: readonly S[];
  private readonly perform: (slot: S) => PromiseLike<number>;
  private times = 0;
  private next = 0;

  constructor(job: Job, slots: readonly S[], perform: (slot: S) => PromiseLike<number>) {
    this.job = job;
    this.slots = slots;
    this.perform = perform;
  }

  readonly run: Run = async (times) => {
    this.times = times;
    this.next = 0;
    await Promise.all(this.slots.map((slot) => this.work(slot)));
  };

  private async work(slot: S): Promise<void> {
    while (this.next < this.times) {
      slot.begin(this.job, this.next++);
      slot.end(await this.perform(slot));
      if (this.ended !== null) this.ended(slot);
    }
  }
}
