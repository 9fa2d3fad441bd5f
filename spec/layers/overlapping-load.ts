import type { BlockDevice } from '../../lib/io/device.js';
import type { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import type { Operation } from '../../lib/io/io.js';
import type { PagePool, PageVector } from '../../lib/io/pages.js';
import type { Random } from '../conformance/random.js';

/*
 * Requests that overlap, against an array. Each write has a number, which fills its blocks, and for each block it is kept
 * which numbers it may hold: now, and after a loss of power.
 */

export const BLOCK = 512;
/** What fills memory after its request has settled: nobody may write it to a disk, or over it. */
export const SETTLED = 0xeeee;

/** What a block may hold. */
export type Values = readonly ReadonlySet<number>[];

class Flight {
  readonly operation: Operation;
  readonly first: number;
  readonly count: number;
  readonly id: number;
  readonly fua: boolean;
  pages: PageVector | null = null;
  request: IoRequest | null = null;
  settled = false;
  /** Of a read, what each block may hold; of a flush, what it will have made safe, null where something was in flight. */
  readonly allowed: (Set<number> | null)[] = [];
  /** Of a write, the blocks that another write was in flight for at the same time. */
  readonly contested = new Set<number>();
  /** Of a write, what its blocks could hold before. */
  readonly before = new Map<number, Set<number>>();

  constructor(operation: Operation, first: number, count: number, id: number, fua: boolean) {
    this.operation = operation;
    this.first = first;
    this.count = count;
    this.id = id;
    this.fua = fua;
  }

  get writes(): boolean {
    return this.operation !== 'read' && this.operation !== 'flush';
  }

  covers(block: number): boolean {
    return block >= this.first && block < this.first + this.count;
  }
}

/** What the load has to know of the array that it is put on. */
interface LoadOptions {
  readonly random: Random;
  readonly pool: PagePool;
  /** Blocks of the array. */
  readonly blocks: number;
  /** Told of what comes up. */
  readonly count: (what: string) => void;
  /** Whether something below uses pages. */
  readonly uses: (pages: PageVector) => boolean;
  /** Whether an error of a write says nothing of what it has written. */
  readonly isVague: (error: IoError) => boolean;
}

export class OverlappingLoad {
  /** What each block may hold now … */
  readonly possible: Set<number>[];
  /** … and after a loss of power. */
  readonly safe: Set<number>[];
  private readonly flights: Flight[] = [];
  private readonly options: LoadOptions;
  private nextId = 1;
  private broken: Error | null = null;

  constructor(options: LoadOptions) {
    this.options = options;
    this.possible = Array.from({ length: options.blocks }, () => new Set([0]));
    this.safe = Array.from({ length: options.blocks }, () => new Set([0]));
  }

  /** Begins a request for blocks; of a flush, for none. */
  start(device: BlockDevice, operation: Operation, first: number, count: number): void {
    const { random, pool } = this.options;
    const id = operation === 'write' ? this.nextId++ : 0;
    const fua = (operation === 'write' || operation === 'writeZeroes') && random.chance(20);
    const flight = new Flight(operation, first, count, id, fua);
    this.note(flight);
    this.flights.push(flight);
    this.options.count(operation);
    const position = first * BLOCK;
    if (operation === 'flush') flight.request = device.flush();
    else if (operation === 'writeZeroes') flight.request = device.writeZeroes(count * BLOCK, { position, fua });
    else {
      const pages = (flight.pages = pool.allocate(count * BLOCK));
      fill(pages, operation === 'write' ? id : SETTLED);
      const range = pages.range(0, count * BLOCK);
      flight.request = operation === 'read' ? device.read(range, { position }) : device.write(range, { position, fua });
    }
    const { request } = flight;
    request.notify(() => {
      try {
        this.hasSettled(flight, request);
      } catch (error) {
        this.broken ??= error as Error;
      }
    });
  }

  /** Cancels one that is in flight. */
  cancel(): void {
    const open = this.flights.filter(({ settled }) => !settled);
    if (open.length === 0) return;
    this.options.count(`cancel ${this.options.random.pick(open).request?.cancel() ?? ''}`);
  }

  /** @throws Error what was wrong with one that has settled */
  check(): void {
    if (this.broken !== null) throw this.broken;
  }

  /** @throws Error unless all have settled */
  checkSettled(): void {
    this.check();
    for (const flight of this.flights) demand(flight.settled, `${title(flight)} has not settled`);
  }

  /** All have settled, and nobody has touched their memory since; it is freed. */
  end(): void {
    this.checkSettled();
    for (const flight of this.flights) {
      if (flight.pages === null) continue;
      for (let i = 0; i < flight.pages.length / BLOCK; i++) {
        demand(idOf(flight.pages.bytes(i * BLOCK, BLOCK)) === SETTLED, `${title(flight)} had its pages changed`);
      }
      flight.pages.free();
    }
  }

  private note(flight: Flight): void {
    const open = this.flights.filter(({ settled }) => !settled);
    for (const [block, values] of this.possible.entries()) {
      if (flight.operation === 'read') flight.allowed.push(new Set(values));
      if (flight.operation === 'flush') {
        const quiet = !open.some((other) => other.writes && other.covers(block));
        flight.allowed.push(quiet ? new Set(values) : null);
      }
      if (!flight.writes || !flight.covers(block)) continue;
      for (const other of open) {
        if (!other.writes) other.allowed[block]?.add(flight.id);
        else if (other.covers(block)) {
          other.contested.add(block);
          flight.contested.add(block);
        }
      }
      flight.before.set(block, new Set(values));
      values.add(flight.id);
      this.safe[block]?.add(flight.id);
    }
  }

  private hasSettled(flight: Flight, request: IoRequest): void {
    const { operation, first, count, id, fua, pages } = flight;
    flight.settled = true;
    demand(pages === null || !this.options.uses(pages), `${title(flight)} settled while a disk used its pages`);
    const error = request.state === 'done' ? null : (request.error as IoError);
    this.options.count(`${operation} ${request.state}`);
    const good = (block: number): boolean => {
      const offset = (block - first) * BLOCK;
      return request.succeeded.some((range) => range.offset <= offset && range.offset + range.length >= offset + BLOCK);
    };
    if (error === null && request.value < count * BLOCK) this.options.count(`${operation} short`);
    if (error !== null && error.bytes > 0) this.options.count(`${operation} in part`);
    const vague = error !== null && flight.writes && this.options.isVague(error);
    for (let block = first; block < first + count; block++) {
      if (operation === 'read' && good(block)) {
        const found = idOf(pages?.bytes((block - first) * BLOCK, BLOCK) ?? new Uint8Array(BLOCK));
        const right = flight.allowed[block]?.has(found) === true;
        demand(right, `${title(flight)} read ${String(found)} in block ${String(block)}`);
      }
      if (!flight.writes || flight.contested.has(block) || vague) continue;
      if (!good(block)) this.possible[block] = flight.before.get(block) ?? new Set();
      else {
        this.possible[block] = new Set([id]);
        if (fua && error === null) this.safe[block] = new Set([id]);
      }
    }
    if (operation === 'flush' && error === null) {
      for (const [block, values] of flight.allowed.entries()) if (values !== null) this.safe[block] = new Set(values);
    }
    if (pages !== null) fill(pages, SETTLED);
  }
}

/** A turn of the event loop, for what an array does in turns of its own. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function fill(pages: PageVector, id: number): void {
  for (const { buffer, byteOffset, length } of pages.views()) new Uint16Array(buffer, byteOffset, length / 2).fill(id);
}

/** A block that is filled with one number, to compare with. */
const same = new Uint16Array(BLOCK / 2);

/** The number that fills a block, or -1 when it is not one and the same everywhere. */
export function idOf(block: Uint8Array): number {
  const [low = 0, high = 0] = block;
  const id = low | (high << 8);
  return Buffer.compare(block, new Uint8Array(same.fill(id).buffer)) === 0 ? id : -1;
}

export function demand(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

function title({ operation, first, count }: Flight): string {
  return `${operation} ${String(first)}+${String(count)}`;
}
