import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { ReadAhead } from '../../lib/layers/read-ahead.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';

/*
 * One random program against a device that is read ahead of: streams, reads and changes anywhere, cancels, answers in any
 * order and with failures, compared with a plain array. Requests of the program that overlap are not in flight together
 * when one is a write; what is read ahead overlaps anything.
 */

const BLOCK = 512;
const BLOCKS = 96;
const UNTOUCHED = 0xee;
const SETTLED = 0xdd;

interface Flight {
  readonly operation: 'read' | 'write' | 'discard' | 'writeZeroes';
  readonly start: number;
  readonly end: number;
  readonly pages: PageVector | null;
  readonly after: Uint8Array;
  request: IoRequest | null;
  settled: number;
}

export class ReadAheadProgram {
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly pool: PagePool;
  private readonly own = new PagePool({ maxBytes: 1 << 20 });
  private readonly disk: FaultyDevice;
  private readonly device: ReadAhead;
  private readonly model = new Uint8Array(BLOCKS * BLOCK);
  private readonly flights: Flight[] = [];
  private readonly inlinePercent: number;
  private broken: Error | null = null;

  constructor(strategy: Strategy, random: Random, tally: Map<string, number>) {
    this.random = random;
    this.tally = tally;
    this.disk = new FaultyDevice({ size: BLOCKS * BLOCK, strategy });
    // Sometimes less than the windows want, so that nothing can be read ahead.
    this.pool = new PagePool({ maxBytes: random.pick([3, 6, 64]) * 4096 });
    const keepBytes = random.pick([2048, 8192, 1 << 16]);
    this.device = new ReadAhead(this.disk, { pool: this.pool, maxBytes: 8192, partBytes: 2048, keepBytes });
    for (let i = 0; i < this.model.length; i++) this.model[i] = random.below(256);
    this.disk.contents.set(this.model);
    this.inlinePercent = random.pick([0, 0, 30]);
    this.disk.onSubmit = () => random.chance(this.inlinePercent);
  }

  async run(): Promise<void> {
    const streams = Array.from({ length: 1 + this.random.below(3) }, () => this.random.below(BLOCKS));
    for (let step = 0; step < 40; step++) {
      const { random } = this;
      const kind = random.below(100);
      if (kind < 45) {
        const index = random.below(streams.length);
        const at = streams[index] as number;
        const length = Math.min(1 + random.below(5), BLOCKS - at);
        if (length > 0) this.begin('read', at, length);
        streams[index] = length > 0 ? at + length : random.below(BLOCKS);
      } else if (kind < 50) this.begin('read', random.below(BLOCKS), 1 + random.below(24));
      else if (kind < 60)
        this.begin(random.pick(['write', 'discard', 'writeZeroes']), random.below(BLOCKS), 1 + random.below(6));
      else if (kind < 68) this.cancel();
      else this.answer();
      if (this.broken !== null) throw this.broken;
    }
    while (this.disk.pending.length > 0) this.answer();
    await this.finish();
  }

  private begin(operation: Flight['operation'], block: number, blocks: number): void {
    const start = block * BLOCK;
    const end = Math.min(block + blocks, BLOCKS) * BLOCK;
    const overlaps = this.flights.some(
      (other) =>
        other.settled === 0 &&
        (operation !== 'read' || other.operation !== 'read') &&
        other.start < end &&
        start < other.end,
    );
    if (overlaps) return;
    const length = end - start;
    const transfers = operation === 'read' || operation === 'write';
    const pages = transfers ? this.own.allocate(length) : null;
    const after = operation === 'write' ? Uint8Array.from({ length }, () => this.random.below(256)) : new Uint8Array(length); // prettier-ignore
    pages?.set(operation === 'write' ? after : new Uint8Array(length).fill(UNTOUCHED));
    const flight: Flight = { operation, start, end, pages, after, request: null, settled: 0 };
    this.flights.push(flight);
    const { device } = this;
    const before = { hit: device.hitBytes, queued: device.queued };
    const options = { position: start };
    if (pages === null) flight.request = device[operation as 'discard'](length, options);
    else flight.request = device[operation as 'read'](pages.range(0, length), options);
    this.count(operation);
    if (device.hitBytes > before.hit) this.count('hit');
    if (device.queued > before.queued) this.count('waited');
    flight.request.notify(() => {
      try {
        this.settled(flight);
      } catch (error) {
        this.broken ??= error as Error;
      }
    });
  }

  private settled(flight: Flight): void {
    const { request, operation, start, pages, after } = flight;
    flight.settled++;
    this.demand(flight.settled === 1, `${title(flight)} settled twice`);
    if (request === null) throw new Error(`${title(flight)} settled too early`);
    const { succeeded } = request;
    this.count(request.state);
    const below = this.disk.pending.filter((op) => op.pages === pages && pages !== null);
    this.demand(below.length === 0, `${title(flight)} settled while it ran below`);
    if (operation === 'read') {
      const expected = new Uint8Array(after.length).fill(UNTOUCHED);
      for (const { offset, length } of succeeded) {
        expected.set(this.model.subarray(start + offset, start + offset + length), offset);
      }
      const found = pages?.bytes(0, after.length) ?? expected;
      const wrong = found.findIndex((byte, i) => byte !== expected[i]);
      this.demand(wrong < 0, `${title(flight)} holds ${String(found[wrong])} at ${String(wrong)}`);
    } else {
      for (const { offset, length } of succeeded)
        this.model.set(after.subarray(offset, offset + length), start + offset);
    }
    pages?.set(new Uint8Array(pages.length).fill(SETTLED));
  }

  private cancel(): void {
    const open = this.flights.filter(({ settled }) => settled === 0);
    if (open.length === 0) return;
    const flight = this.random.pick(open);
    const { queued } = this.device;
    flight.request?.cancel();
    if (this.device.queued < queued) this.count('cancelled while it waited');
  }

  private answer(): void {
    const { pending } = this.disk;
    if (pending.length === 0) return;
    const op = this.random.pick(pending);
    if (this.random.chance(85)) op.answer();
    else this.fail(op);
  }

  private fail(op: Op): void {
    const from = this.random.below(op.length / BLOCK + 1) * BLOCK;
    const missing = [{ offset: from, length: op.length - from }];
    op.answer({ missing, error: this.random.chance(50) ? new IoError('EIO') : null });
    this.count('failed below');
  }

  /** Nothing is left of anybody, and the device holds what the model does. */
  private async finish(): Promise<void> {
    const open = this.flights.filter(({ settled }) => settled === 0);
    this.demand(open.length === 0, `${open.map(title).join(', ')} never settled`);
    if (this.broken !== null) throw this.broken;
    const { device, disk } = this;
    this.demand(device.heldBytes <= device.keepBytes, `${String(device.heldBytes)} bytes are held`);
    if (device.aheadBytes > 0) this.count('read ahead');
    disk.inline = true;
    const pages = this.own.allocate(device.size);
    await device.read(pages, { position: 0 });
    const found = pages.bytes(0, device.size);
    this.demand(Buffer.compare(found, this.model) === 0, 'the device differs from the model');
    await device.close();
    this.demand(disk.started === disk.ended, 'something runs below');
    this.demand(this.pool.pagesInUse === 0 && device.heldBytes === 0, 'pages were not given back');
    this.demand([...WaitingList.all].length === 0, 'something waits');
    for (const flight of this.flights) {
      const late = flight.pages?.bytes().findIndex((byte) => byte !== SETTLED) ?? -1;
      this.demand(late < 0, `the pages of ${title(flight)} were touched after it had settled`);
    }
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  private demand(holds: boolean, message: string): void {
    if (!holds) throw new Error(message);
  }
}

function title({ operation, start, end }: Flight): string {
  return `${operation} ${String(start)}+${String(end - start)}`;
}
