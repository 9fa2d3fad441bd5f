import type { BlockDevice } from '../../lib/io/device.js';
import { IoClass } from '../../lib/io/io-class.js';
import { IoError, type ByteRange } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import type { Operation } from '../../lib/io/io.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import type { Plug } from '../../lib/io/plug.js';
import { Seeded } from '../../lib/io/seeded.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import type { Member } from '../../lib/layers/member-records.js';
import { Linear } from '../../lib/layers/linear.js';
import type { Mirror } from '../../lib/layers/mirror.js';
import type { Parity } from '../../lib/layers/parity.js';
import { scrub, type ScrubReport } from '../../lib/layers/scrub.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { describeStack, SoakStack } from './soak-stacks.js';

/** What has come up so far. */
export type SoakTally = Record<
  | 'programs'
  | 'operations'
  | 'faults'
  | 'badSectors'
  | 'rewritten'
  | 'cancels'
  | 'timeouts'
  | 'rebuilds'
  | 'lostMembers'
  | 'scrubs'
  | 'reopened',
  number
>;

interface SoakOptions {
  /** Same seed, same stack and load; what timers, threads and files make of it may differ. */
  seed: number;
  /** An empty folder for files. */
  folder: string;
  tally: SoakTally;
  /** Disks that lose bytes and say nothing, which has to be noticed: shows that the check is one. Default false. */
  lose?: boolean;
}

const ROUNDS = 12;
const CLASSES = [new IoClass(), new IoClass({ priority: 1 }), new IoClass({ priority: 1, weight: 3 })];
/** When a request is cancelled. */
const MOMENTS = ['before', 'now', 'turns', 'ms', 'callback', 'after'] as const;

/** One request, and all that the program knows of it. */
interface Flight {
  readonly operation: Operation;
  readonly at: number;
  readonly length: number;
  readonly moment: (typeof MOMENTS)[number] | null;
  readonly twice: boolean;
  request: IoRequest | null;
  settled: number;
  /** What its pages held when it settled. */
  memory: Uint8Array | null;
}

/**
 * A random program: a random stack under random load with faults, cancels at all moments, timeouts, plugs, rebuilds and
 * scrubs, against an array of bytes. @throws Error that names the seed and the stack, at the first byte that is wrong, request that
 * does not settle once, or thing left behind
 */
export async function soak({ seed, folder, tally, lose = false }: SoakOptions): Promise<void> {
  const random = new Seeded(seed);
  const pool = new PagePool({ maxBytes: 1 << 27 });
  const { stack, top } = await SoakStack.make(random, pool, folder);
  const text = describeStack(top);
  const program = new Program(random, pool, stack, top, tally);
  try {
    stack.inject(lose);
    for (let round = 0; round < ROUNDS; round++) await program.round();
    await program.end();
  } catch (error) {
    await program.rest();
    throw new Error(`seed ${String(seed)}, ${text}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const { counts } of stack.faults) tally.faults += counts.error + counts.short + counts.torn + counts.hang;
    for (const { disk } of stack.spoilable) {
      tally.badSectors += disk.spoilt;
      tally.rewritten += disk.rewritten;
    }
    await stack.close();
  }
  tally.programs++;
}

class Program {
  private readonly random: Seeded;
  private readonly pool: PagePool;
  private readonly stack: SoakStack;
  private readonly top: BlockDevice;
  private readonly tally: SoakTally;
  private readonly pages: PageVector;
  private readonly model: Uint8Array;
  /** What was never written may read as anything: under encryption zeroes are noise. */
  private readonly known: Uint8Array;
  /** Rebuilds and scrubs. */
  private readonly background = new Set<Promise<unknown>>();
  private plugs: Plug[] = [];
  private broken: Error | null = null;
  /** No more sectors go bad. */
  private sectorsStay = false;

  constructor(random: Seeded, pool: PagePool, stack: SoakStack, top: BlockDevice, tally: SoakTally) {
    this.random = random;
    this.pool = pool;
    this.stack = stack;
    this.top = top;
    this.tally = tally;
    this.pages = pool.allocate(top.size);
    this.model = new Uint8Array(top.size);
    this.known = new Uint8Array(top.size);
  }

  /** Requests on ranges apart from each other, all at once, until the last one has settled. */
  async round(): Promise<void> {
    const { random, top, stack } = this;
    const value = 1 + random.below(255);
    const flights: Flight[] = [];
    // Of bytes, what begins and ends anywhere in blocks.
    const unit = Math.max(512, top.blockSize);
    const odd = (): number => (random.chance(0.5) ? 0 : random.below(unit / top.blockSize) * top.blockSize);
    for (let at = random.below(8) * unit + odd(); at < top.size;) {
      const length = Math.min((1 + random.below(24)) * unit - odd(), top.size - at);
      flights.push(this.flight(at, length));
      // Neighbours often, so that queues merge them.
      at += length + (random.chance(0.5) ? 0 : random.below(1 + Math.floor(top.size / unit / 8)) * unit + odd());
    }
    if (random.chance(0.3)) flights.push({ ...this.flight(0, 0), operation: 'flush' });
    if (random.chance(0.3) && stack.curable === null) this.disturbArrays();
    if (random.chance(0.1)) this.scrub();
    for (const flight of flights) this.start(flight, value, flights);
    for (const flight of flights) if (flight.moment === 'now') this.cancel(flight);
    await this.pump(
      () => flights.every(({ settled }) => settled > 0),
      (turn, ms) => {
        for (const flight of flights) {
          if (flight.settled > 0) continue;
          if ((flight.moment === 'turns' && turn > 2) || (flight.moment === 'ms' && ms > 1)) this.cancel(flight);
        }
      },
    );
    for (const flight of flights) if (flight.moment === 'after') this.cancel(flight);
    await this.drained();
    this.tally.operations += flights.length;
    for (const flight of flights) this.check(flight, value);
  }

  /** Without faults, what is known is there; and nothing is left behind. */
  async end(): Promise<void> {
    const { top, stack, pages } = this;
    for (const fault of stack.faults) fault.heal();
    await this.pumped(Promise.allSettled(this.background));
    await this.drained();
    for (const set of stack.sets) await this.pumped(this.reopen(set));
    if (stack.curable !== null) await this.cure(stack.curable);
    for (let at = 0; at < top.size; at += 1 << 16) {
      const length = Math.min(1 << 16, top.size - at);
      const flight: Flight = { operation: 'read', at, length, moment: null, twice: false, request: null, settled: 0, memory: null }; // prettier-ignore
      this.start(flight, 0, []);
      await this.pump(() => flight.settled > 0);
      await this.drained();
      this.check(flight, 0);
    }
    for (const { members } of stack.arrays) {
      for (const { state } of members) if (state !== 'in-sync') this.tally.lostMembers++;
    }
    pages.free();
    await this.pumped(top.close().catch(() => undefined));
    // What a spare has replaced is no part of it any more.
    for (const device of [...stack.devices].reverse()) await this.pumped(device.close().catch(() => undefined));
    const waiting = [...WaitingList.all].reduce((sum, { length }) => sum + length, 0);
    demand(waiting === 0, `${String(waiting)} headers wait after the close`);
    demand(this.pool.pagesInUse === 0, `${String(this.pool.pagesInUse)} pages are in use after the close`);
    for (const trace of stack.traces) demand(trace.inFlight === 0, `${trace.name} has not seen the end of all`);
    for (const queue of stack.queues) demand(queue.queued + queue.inFlight === 0, `${queue.name} is not empty`);
  }

  /** After a failure: what is under way still ends before the disks are closed, and is nobody's later. */
  async rest(): Promise<void> {
    for (const fault of this.stack.faults) fault.heal();
    try {
      await this.pumped(Promise.allSettled(this.background));
      await this.drained();
    } catch {
      // It has failed already.
    }
  }

  private flight(at: number, length: number): Flight {
    const { random } = this;
    const moment = random.chance(0.1) ? (MOMENTS[random.below(MOMENTS.length)] ?? null) : null;
    const wanted = random.chance(0.05) ? 'writeZeroes' : random.chance(0.5) ? 'write' : 'read';
    const operation = this.top.operations.includes(wanted) ? wanted : 'read';
    return { operation, at, length, moment, twice: random.chance(0.3), request: null, settled: 0, memory: null };
  }

  private start(flight: Flight, value: number, all: readonly Flight[]): void {
    const { random, top, pages } = this;
    const { operation, at, length } = flight;
    const ioClass = random.chance(0.3) ? CLASSES[random.below(CLASSES.length)] : undefined;
    const options = {
      position: at,
      ...(flight.moment === 'before' && { signal: AbortSignal.abort('soak') }),
      ...(this.stack.curable === null && random.chance(0.01) && { timeoutMs: 1 + random.below(5) }),
      ...(ioClass !== undefined && { ioClass }),
    };
    if (flight.moment === 'before') this.tally.cancels++;
    const fua = random.chance(0.1);
    if (operation === 'flush') flight.request = top.flush();
    else if (operation === 'writeZeroes') flight.request = top.writeZeroes(length, { ...options, fua });
    else {
      // What a read leaves must not be what was there.
      pages.set(new Uint8Array(length).fill(operation === 'write' ? value : 255 - value), at);
      const range = pages.range(at, length);
      flight.request = operation === 'write' ? top.write(range, { ...options, fua }) : top.read(range, options);
    }
    const { request } = flight;
    request.notify(() => {
      flight.settled++;
      // What was timed out may go on (I9).
      if (isTimeout(request)) this.tally.timeouts++;
      else if (length > 0) flight.memory = pages.bytes(at, length).slice();
      const other = all[random.below(Math.max(1, all.length))];
      if (other?.moment === 'callback' && other.settled === 0) this.cancel(other);
    });
  }

  private cancel(flight: Flight): void {
    const { request, twice, settled } = flight;
    if (request === null) return;
    const answer = request.cancel('soak');
    if (settled > 0 && answer !== 'too-late') this.broken ??= new Error(`a settled request answered ${answer}`);
    if (answer !== 'too-late') this.tally.cancels++;
    if (twice) request.cancel('again');
  }

  /** Compares what has come of a request with what is known, and adopts what it has written. */
  private check({ operation, at, length, moment, request, settled, memory }: Flight, value: number): void {
    const { model, known, pages } = this;
    const text = `${operation} ${String(at)}+${String(length)}`;
    demand(settled === 1, `${text} settled ${String(settled)} times`);
    if (request === null || operation === 'flush') return;
    const { succeeded } = request;
    const { error, state } = request;
    if (this.stack.curable !== null && moment === null) {
      demand(
        state === 'done' && request.value === length,
        `${text} is ${state} with ${String(error)}, and need not have failed`,
      );
    }
    demand(state === 'done' || error instanceof IoError, `${text} is ${state} with ${String(error)}`);
    if (memory !== null && operation !== 'writeZeroes') {
      demand(
        Buffer.compare(memory, pages.bytes(at, length)) === 0,
        `${text} had its pages changed after it had settled`,
      );
    }
    if (operation === 'read') {
      for (const range of succeeded) this.compare(text, at, range, memory ?? new Uint8Array(0));
      return;
    }
    known.fill(0, at, at + length);
    for (const range of succeeded) {
      model.fill(operation === 'write' ? value : 0, at + range.offset, at + range.offset + range.length);
      known.fill(1, at + range.offset, at + range.offset + range.length);
    }
  }

  private compare(text: string, at: number, { offset, length }: ByteRange, memory: Uint8Array): void {
    for (let i = offset; i < offset + length; i++) {
      if (this.known[at + i] === 0 || memory[i] === this.model[at + i]) continue;
      throw new Error(`${text} found ${String(memory[i])} at ${String(at + i)}, not ${String(this.model[at + i])}`);
    }
  }

  /** Gives a member up, or begins to rebuild one, which goes on while requests do, and may be interrupted. */
  private disturbArrays(): void {
    const { random, stack } = this;
    const array = stack.arrays[random.below(Math.max(1, stack.arrays.length))];
    if (array === undefined) return;
    const index = array.members.findIndex(({ state }) => state !== 'in-sync');
    if (index < 0) {
      if (random.chance(0.3)) this.inBackground(array.fail(random.below(array.members.length)));
      return;
    }
    const controller = new AbortController();
    const timer = random.chance(0.3) ? setTimeout(() => controller.abort(), random.below(4)) : undefined;
    const { state, device } = array.members[index] as Member;
    const rebuilt = async (): Promise<void> => {
      const spare = state === 'rebuilding' && device !== null ? device : await stack.spare((device ?? this.top).size);
      try {
        await array.rebuild(index, spare, { signal: controller.signal, checkpointSize: 1 << 16 });
        this.tally.rebuilds++;
      } finally {
        clearTimeout(timer);
      }
    };
    this.inBackground(rebuilt());
  }

  /** Scrubs all of it beside the requests, and may be interrupted. No fault here makes members differ and says nothing. */
  private scrub(): void {
    const { random, top } = this;
    const controller = new AbortController();
    const timer = random.chance(0.3) ? setTimeout(() => controller.abort(), random.below(4)) : undefined;
    const scrubbed = async (): Promise<void> => {
      try {
        const reports = await scrub(top, { repair: random.chance(0.5), signal: controller.signal });
        this.tally.scrubs++;
        for (const { device, mismatched } of reports) {
          if (mismatched === 0 || (device !== 'mirror' && device !== 'parity')) continue;
          this.broken ??= new Error(`a scrub of ${device} found ${String(mismatched)} bytes that differ`);
        }
      } finally {
        clearTimeout(timer);
      }
    };
    this.inBackground(scrubbed());
  }

  /** A scrub that repairs leaves no bad sector in the data of an array, of which no member was dropped. */
  private async cure(array: Mirror | Parity): Promise<void> {
    this.sectorsStay = true;
    const reports: ScrubReport[] = [];
    await this.pumped(scrub(array, { repair: true }).then((each) => reports.push(...each)));
    await this.drained();
    const states = array.members.map(({ state }) => state);
    demand(
      states.every((state) => state === 'in-sync'),
      `the members of the ${array.name} are ${states.join()}`,
    );
    const differ = reports[0]?.mismatched ?? -1;
    demand(differ === 0, `a scrub of ${array.name} found ${String(differ)} bytes that differ`);
    const again: ScrubReport[] = [];
    await this.pumped(scrub(array).then((each) => again.push(...each)));
    const left = again.filter(({ mismatched, unreadable }) => mismatched + unreadable > 0);
    demand(left.length === 0, `a scrub of ${array.name} has left ${JSON.stringify(left)}`);
  }

  /** An array with superblocks, opened from members in another order beside itself, is the same. */
  private async reopen(array: Stripe | Linear): Promise<void> {
    const { random, pool } = this;
    const members = [...array.lowers].sort(() => random.next() - 0.5);
    const opened = array instanceof Stripe ? Stripe.open(members, { pool }) : Linear.open(members, { pool });
    const again = await opened.catch((error: unknown) => {
      if (error instanceof IoError) return null;
      throw error;
    });
    // What has lost two members need not be readable.
    if (again === null) return;
    demand(again.size === array.size, `${array.name} has ${String(again.size)} bytes when it is opened again`);
    const pages = [pool.allocate(array.size), pool.allocate(array.size)] as const;
    const reads = [array, again].map((each, i) => each.read((pages[i] ?? pages[0]).range(0, array.size), { position: 0 })); // prettier-ignore
    await Promise.allSettled(reads.map((read) => read.promise()));
    const whole = reads.every(({ state, succeeded, length }) => state === 'done' && succeeded[0]?.length === length);
    const same = Buffer.compare(pages[0].bytes(), pages[1].bytes()) === 0;
    for (const each of pages) each.free();
    demand(!whole || same, `${array.name} reads otherwise when it is opened again`);
    if (whole) this.tally.reopened++;
  }

  private inBackground(work: Promise<unknown>): void {
    const ended = work.catch((error: unknown) => {
      // Refused, interrupted, or what the faults have done to it.
      if (error instanceof TypeError && !('code' in error)) this.broken ??= error;
    });
    this.background.add(ended);
    void ended.finally(() => this.background.delete(ended));
  }

  private async drained(): Promise<void> {
    await this.pumped(this.top.drain());
  }

  private async pumped(work: Promise<unknown>): Promise<void> {
    let ended = false;
    const waited = work.finally(() => (ended = true));
    await this.pump(() => ended);
    await waited;
  }

  /** Keeps things going: lets go of what hangs, plugs and unplugs, until it `isOver`. @throws Error when it never is */
  private async pump(isOver: () => boolean, each?: (turn: number, ms: number) => void): Promise<void> {
    const { random, stack } = this;
    const start = performance.now();
    for (let turn = 0; !isOver(); turn++) {
      const ms = performance.now() - start;
      demand(ms < 60_000, 'something has not come to an end within a minute');
      for (const fault of stack.faults) {
        if (fault.hanging > 0 && (random.chance(0.3) || ms > 100)) fault.letGo(random.chance(0.3) ? 'EIO' : undefined);
      }
      if (stack.queues.length > 0 && random.chance(0.1) && ms < 100) {
        const queue = stack.queues[random.below(stack.queues.length)];
        if (queue?.closed === false) this.plugs.push(queue.plug());
      } else if (random.chance(0.2) || ms > 100) for (const plug of this.plugs.splice(0)) plug.unplug();
      if (!this.sectorsStay && random.chance(0.2)) stack.spoil();
      each?.(turn, ms);
      await new Promise((resolve) => (turn % 8 === 7 ? setTimeout(resolve, 1) : setImmediate(resolve)));
    }
    for (const plug of this.plugs.splice(0)) plug.unplug();
    if (this.broken !== null) throw this.broken;
  }
}

function isTimeout({ error }: IoRequest): boolean {
  return error instanceof IoError && error.code === 'ETIMEDOUT';
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
