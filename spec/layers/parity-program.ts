import type { Operation, Strategy } from '../../lib/io/io.js';
import { IoError, type ByteRange } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import type { PagePool, PageVector } from '../../lib/io/pages.js';
import { complementOf } from '../../lib/io/ranges.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Parity } from '../../lib/layers/parity.js';
import { ParityMap } from '../../lib/layers/parity-map.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';
import { BLOCK, copyOf, DATA_START, turn, wrongParityAt } from './parity-kit.js';

/*
 * One random program against a small array under one design, compared with a plain array of bytes. The disks are in the
 * program's hands: they answer in any order, one of them with errors, and requests are cancelled at any moment. With one
 * bad disk nothing may ever be lost.
 */

/** What fills memory after its request has settled. */
const SETTLED = new Uint8Array(1 << 16).fill(0xee);

interface Flight {
  readonly operation: Operation;
  readonly position: number;
  readonly length: number;
  readonly pages: PageVector | null;
  readonly after: Uint8Array;
  request: IoRequest | null;
  settled: boolean;
  cancelled: boolean;
}

export class ParityProgram {
  readonly disks: readonly FaultyDevice[];
  readonly map: ParityMap;
  private readonly random: Random;
  private readonly pool: PagePool;
  private readonly strategy: Strategy;
  private readonly model: Uint8Array;
  private readonly flights: Flight[] = [];
  private readonly busy: (Flight | null)[];
  private readonly victim: number;
  private spare: { device: FaultyDevice; rebuilt: Promise<unknown>; ended: boolean; failed: unknown } | null = null;
  private readonly problems: string[] = [];
  readonly counts: Map<string, number>;

  constructor(strategy: Strategy, random: Random, pool: PagePool, counts: Map<string, number>) {
    this.strategy = strategy;
    this.random = random;
    this.pool = pool;
    this.counts = counts;
    const members = 3 + random.below(3);
    const chunk = BLOCK * (1 + random.below(3));
    this.map = new ParityMap(members, chunk, 3 + random.below(4), DATA_START);
    this.disks = Array.from({ length: members }, (_, i) => this.disk(`disk ${String(i)}`));
    this.model = new Uint8Array(this.map.size);
    this.busy = Array.from({ length: this.map.size / BLOCK }, () => null);
    this.victim = random.chance(70) ? random.below(members) : -1;
  }

  async run(): Promise<void> {
    const { random, map } = this;
    const pagesBefore = this.pool.pagesInUse;
    const queued = random.chance(30);
    const members = this.disks.map((disk) => (queued ? new RequestQueue(disk, { depth: 1 + random.below(2) }) : disk));
    const regionSize = map.chunk * (1 + random.below(2));
    const options = { chunk: map.chunk, regionSize, pool: this.pool, strategy: this.strategy, assumeClean: true };
    const parity = await Parity.create(members, options);
    if (parity.size !== map.size) throw new Error(`The array has ${String(parity.size)} bytes`);
    if (this.victim >= 0 && random.chance(40)) await parity.fail(this.victim);
    for (const disk of this.disks) disk.inline = random.chance(15);
    for (let step = 10 + random.below(40); step > 0; step--) {
      const dice = random.below(100);
      if (dice < 45) this.submit(parity);
      else if (dice < 50) this.start(parity, 'flush', 0, 0);
      else if (dice < 88) this.answer();
      else if (dice < 96) this.cancel();
      else if (random.chance(50)) this.rebuild(parity);
      if (random.chance(30)) await turn();
      this.check();
    }
    await this.quiet();
    this.check();
    for (const flight of this.flights) {
      if (!flight.settled) throw new Error(`${title(flight)} has not settled`);
      if (flight.pages !== null && differs(flight.pages.bytes(), SETTLED, 0)) {
        throw new Error(`the pages of ${title(flight)} were changed after it had settled`);
      }
      flight.pages?.free();
    }
    for (const disk of this.all) disk.inline = true;
    if (this.spare !== null && !this.spare.ended) await this.spare.rebuilt;
    await this.compare(parity);
    if ([...WaitingList.all].length > 0) throw new Error('a request waits in a list');
    await parity.close();
    if (this.pool.pagesInUse !== pagesBefore) throw new Error('pages were left in use');
    await this.reopen(parity.members.map(({ state }) => state));
  }

  /** Everything that was settled is there, and parity is that of the data. */
  private async compare(parity: Parity): Promise<void> {
    const pages = this.pool.allocate(parity.size);
    const bytes = await parity.read(pages.range(0, parity.size), { position: 0 });
    const found = pages.bytes(0, parity.size);
    if (bytes < parity.size || differs(found, this.model, 0)) {
      const at = found.findIndex((byte, i) => byte !== this.model[i]);
      throw new Error(`the array differs from the model at ${String(at)}`);
    }
    if (!parity.degraded) this.checkParity();
    pages.free();
  }

  private checkParity(): void {
    this.count('parity checked');
    const at = wrongParityAt(this.members);
    if (at >= 0) throw new Error(`parity is wrong at ${String(at)} of the members`);
  }

  private async reopen(states: readonly string[]): Promise<void> {
    const members = this.members.flatMap((disk, i) => {
      return states[i] === 'in-sync' ? [copyOf(disk)] : [];
    });
    const parity = await Parity.open(members.reverse(), { pool: this.pool, strategy: this.strategy });
    await this.compare(parity);
    await parity.close();
    this.count('reopened');
  }

  private get members(): FaultyDevice[] {
    return this.disks.map((disk, i) =>
      i === this.victim && this.spare?.ended === true && this.spare.failed === null ? this.spare.device : disk,
    );
  }

  private get all(): FaultyDevice[] {
    return this.spare === null ? [...this.disks] : [...this.disks, this.spare.device];
  }

  private disk(name: string): FaultyDevice {
    const size = DATA_START + this.map.chunk * this.map.stripes;
    return new FaultyDevice({ size, name, inline: true, strategy: this.strategy });
  }

  private rebuild(parity: Parity): void {
    if (this.spare !== null || this.victim < 0 || parity.members[this.victim]?.state !== 'failed') return;
    this.count('rebuild');
    const device = this.disk('spare');
    device.inline = this.random.chance(50);
    // It takes over the place of the bad disk, which is not touched any more.
    const spare = { device, rebuilt: Promise.resolve() as Promise<unknown>, ended: false, failed: null as unknown };
    spare.rebuilt = parity.rebuild(this.victim, device).then(
      () => (spare.ended = true),
      (error: unknown) => {
        spare.ended = true;
        spare.failed = error;
        this.problems.push(`the rebuild failed: ${String(error)}`);
      },
    );
    this.spare = spare;
  }

  private submit(parity: Parity): void {
    const { random } = this;
    const blocks = this.busy.length;
    const count = 1 + random.below(random.chance(20) ? blocks : Math.min(blocks, 6));
    const start = random.below(blocks - count + 1);
    if (this.busy.slice(start, start + count).some((flight) => flight !== null)) return;
    const operation = random.pick(['read', 'read', 'write', 'write', 'write', 'writeZeroes'] as const);
    this.start(parity, operation, start * BLOCK, count * BLOCK);
  }

  private start(parity: Parity, operation: Operation, position: number, length: number): void {
    this.count(operation);
    const { random } = this;
    const skip = random.below(4) * 8 + (random.chance(20) ? 1 : 0);
    const pages = operation === 'read' || operation === 'write' ? this.pool.allocate(skip + length) : null;
    const after = new Uint8Array(length);
    const before = this.model.slice(position, position + length);
    if (operation === 'write') for (let i = 0; i < length; i++) after[i] = (before[i] ?? 0) ^ (1 + random.below(255));
    // No byte of what is to be read is there before.
    pages?.set(operation === 'write' ? after : before.map((byte) => ~byte), skip);
    const flight: Flight = { operation, position, length, pages, after, request: null, settled: false, cancelled: false }; // prettier-ignore
    this.busy.fill(flight, position / BLOCK, (position + length) / BLOCK);
    this.flights.push(flight);
    const options = { position, fua: random.chance(20) };
    const request =
      operation === 'flush'
        ? parity.flush()
        : operation === 'writeZeroes'
          ? parity.writeZeroes(length, options)
          : operation === 'write'
            ? parity.write(pages?.range(skip, length) as never, options)
            : parity.read(pages?.range(skip, length) as never, options);
    flight.request = request;
    request.notify(() => {
      flight.settled = true;
      this.hasSettled(flight, request, skip, before);
      pages?.set(SETTLED.subarray(0, pages.length));
      this.busy.fill(null, position / BLOCK, (position + length) / BLOCK);
    });
  }

  private hasSettled(flight: Flight, request: IoRequest, skip: number, before: Uint8Array): void {
    const { operation, position, length, pages, after } = flight;
    const running = this.all.some(({ pending }) => pending.some((op) => pages !== null && op.pages === pages));
    if (running) this.problems.push(`${title(flight)} settled while its pages were in use`);
    const error = request.state === 'done' ? null : (request.error as IoError);
    // An error that came before the cancel, after which nothing is tried again, is told (I4).
    if (error !== null && !flight.cancelled) {
      this.problems.push(`${title(flight)} failed: ${String(error)}`);
    }
    this.count(`${operation} ${request.state}`);
    const good = error === null ? [{ offset: 0, length }] : error.succeeded;
    if (error !== null && good.length > 0) this.count(`${operation} in part`);
    if (error === null && request.value !== length) this.problems.push(`${title(flight)} was short`);
    if (operation === 'read' && pages !== null) {
      for (const range of good) {
        if (differs(pages.bytes(skip + range.offset, range.length), before, range.offset)) {
          this.problems.push(`${title(flight)} holds wrong data`);
        }
      }
      for (const { offset, length: bytes } of complementOf(good, length)) {
        const held = pages.bytes(skip + offset, bytes);
        if (held.some((byte, i) => byte === before[offset + i])) {
          this.problems.push(`${title(flight)} holds data that it does not tell of`);
        }
      }
    } else if (operation !== 'flush') {
      for (const range of good) {
        this.model.set(after.subarray(range.offset, range.offset + range.length), position + range.offset);
      }
    }
  }

  private answer(): void {
    const waiting = this.all.filter(({ pending }) => pending.length > 0);
    if (waiting.length === 0) return;
    const disk = this.random.pick(waiting);
    this.answerOp(disk, this.random.pick(disk.pending));
  }

  private answerOp(disk: FaultyDevice, op: Op): void {
    const { random } = this;
    if (disk !== this.disks[this.victim] || !random.chance(op.operation === 'read' ? 30 : 5)) {
      op.answer();
      return;
    }
    this.count(`fault of ${op.operation}`);
    const from = random.below(op.length + 1);
    const missing: ByteRange[] = [{ offset: from, length: random.below(op.length - from + 1) }];
    if (op.length === 0 || random.chance(30)) op.fail();
    else if (random.chance(30)) op.answer({ missing: [{ offset: from, length: op.length - from }] });
    else op.answer({ error: new IoError('EIO'), missing });
  }

  private cancel(): void {
    const waiting = this.flights.filter(({ settled }) => !settled);
    if (waiting.length === 0) return;
    const flight = this.random.pick(waiting);
    flight.cancelled = true;
    this.count(`cancel ${flight.request?.cancel() ?? ''}`);
  }

  private async quiet(): Promise<void> {
    for (let idle = 0; idle < 3;) {
      if (this.all.some(({ pending }) => pending.length > 0)) idle = 0;
      else idle++;
      while (this.all.some(({ pending }) => pending.length > 0)) this.answer();
      await turn();
    }
  }

  private check(): void {
    if (this.problems.length > 0) throw new Error(this.problems.join('\n'));
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

function differs(found: Uint8Array, expected: Uint8Array, from: number): boolean {
  return Buffer.compare(found, expected.subarray(from, from + found.length)) !== 0;
}

function title({ operation, position, length }: Flight): string {
  return `${operation} ${String(position)}+${String(length)}`;
}
