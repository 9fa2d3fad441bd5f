import type { BlockDevice } from '../../lib/io/device.js';
import type { Io } from '../../lib/io/io.js';
import { Layer } from '../../lib/io/layer.js';
import type { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Delay } from '../../lib/layers/delay.js';
import { Fault } from '../../lib/layers/fault.js';
import { Linear } from '../../lib/layers/linear.js';
import { loop } from '../../lib/layers/loop.js';
import { Pass } from '../../lib/layers/pass.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle } from '../../lib/layers/throttle.js';
import { Trace } from '../../lib/layers/trace.js';
import { Zeroing } from '../../lib/layers/zeroing.js';

/** What a stack is built from. */
export interface Kit {
  /** A new disk at the bottom, which has the design. Default size: `blocks` 32. */
  disk(blocks?: number): BlockDevice;
  readonly pool: PagePool;
}

/** A stack that every design has to carry. */
export interface Stack {
  readonly name: string;
  build(kit: Kit): BlockDevice;
  /** Bytes that are worth something only together, to a layer that transforms them. Default 1. */
  readonly whole?: number;
  /** Splits stand on splits, so that the first error in time at the top need not be the first at the bottom. */
  readonly nested?: boolean;
  /** Requests can share one operation below, and with it its first error and its second attempts. */
  readonly merges?: boolean;
}

export const key: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => i * 37);

const stripe = ({ disk }: Kit): Stripe => new Stripe([disk(16), disk(20)], { chunk: 1024 });

/** One line for each: a layer alone, and layers on layers. */
export const stacks: readonly Stack[] = [
  { name: 'a disk', build: ({ disk }) => disk() },
  { name: 'Pass', build: ({ disk }) => new Pass(new Pass(disk())) },
  {
    name: 'Linear',
    build: ({ disk }) => {
      const shared = disk(24);
      return new Linear([
        { device: shared, start: 8 * 512, length: 10 * 512 },
        disk(10),
        { device: shared, length: 5 * 512 },
      ]);
    },
  },
  {
    name: 'a loop',
    build: ({ disk }) =>
      loop(disk(40), [
        { start: 20 * 512, length: 12 * 512 },
        { start: 512, length: 15 * 512 },
      ]),
  },
  { name: 'Stripe', build: stripe },
  { name: 'RequestQueue', build: ({ disk }) => new RequestQueue(disk(), { depth: 2 }) },
  { name: 'Crypt', whole: 4096, build: ({ disk, pool }) => new Crypt(disk(64), { key, pool }) },
  { name: 'Stripe over queues', build: ({ disk }) => new Stripe([queue(disk()), queue(disk())], { chunk: 1024 }) },
  {
    name: 'queue over Stripe over queues',
    build: ({ disk }) => queue(new Stripe([queue(disk(16)), queue(disk(16))], { chunk: 512 })),
  },
  {
    name: 'Linear over queue over Stripe over queues',
    nested: true,
    build: ({ disk }) => {
      const below = queue(new Stripe([queue(disk(16)), queue(disk(16))], { chunk: 512 }));
      return new Linear([
        { device: below, start: 16 * 512 },
        { device: below, length: 16 * 512 },
      ]);
    },
  },
  { name: 'a merging queue', merges: true, build: ({ disk }) => merging(disk(), 1) },
  {
    name: 'a merging queue over Stripe over queues',
    merges: true,
    build: ({ disk }) => merging(new Stripe([queue(disk(16)), queue(disk(16))], { chunk: 1024 }), 2),
  },
  {
    name: 'Linear over a merging queue over Stripe over merging queues',
    nested: true,
    merges: true,
    build: ({ disk }) => {
      const below = merging(new Stripe([merging(disk(16), 1), merging(disk(16), 2)], { chunk: 512 }), 2);
      return new Linear([
        { device: below, start: 16 * 512 },
        { device: below, length: 16 * 512 },
      ]);
    },
  },
  {
    name: 'Pass over Linear over Stripe',
    nested: true,
    build: (kit) => new Pass(new Linear([kit.disk(8), stripe(kit), kit.disk(4)])),
  },
  {
    name: 'Zeroing over Stripe over queues',
    nested: true,
    build: ({ disk, pool }) => {
      const striped = new Stripe([queue(disk(16)), queue(disk(16))], { chunk: 1024 });
      return new Zeroing(new WithoutZeroes(striped), { pool, pieceBytes: 1536 });
    },
  },
  {
    name: 'Crypt over Stripe over queues',
    whole: 4096,
    build: ({ disk, pool }) => new Crypt(new Stripe([queue(disk(32)), queue(disk(32))], { chunk: 512 }), { key, pool }),
  },
  {
    name: 'Fault, Delay, Retry, Throttle and Trace without work',
    build: ({ disk }) => {
      const delayed = new Delay(new Fault(disk()), { delayMs: 0 });
      return new Trace(new Throttle(new Retry(delayed, { delaysMs: [] }), {}));
    },
  },
  {
    name: 'queue over Crypt over Linear',
    whole: 4096,
    build: ({ disk, pool }) =>
      queue(new Crypt(new Linear([disk(12), disk(42)]), { key: key.subarray(0, 32), pool }), 3),
  },
];

/** Passes everything on but `writeZeroes`, which it refuses. */
export class WithoutZeroes extends Layer {
  constructor(lower: BlockDevice) {
    super('without zeroes', [lower], lower.geometry, {}, 'writeZeroes');
  }

  submit(io: Io): void {
    io.pass(this, this.lowers[0] as BlockDevice, io.position, null);
  }

  done(): void {
    // What came up goes on up.
  }
}

function queue(lower: BlockDevice, depth = 1): RequestQueue {
  return new RequestQueue(lower, { depth });
}

/** Merges little, so that the limit counts, and lets itself be overtaken little. */
function merging(lower: BlockDevice, depth: number): RequestQueue {
  return new RequestQueue(lower, { depth, mergeBytes: 4096, patience: 3 });
}

/** Every device of a stack, top first. */
export function devicesOf(top: BlockDevice): BlockDevice[] {
  const all = new Set([top]);
  for (const device of all) for (const lower of device.lowers) all.add(lower);
  return [...all];
}
