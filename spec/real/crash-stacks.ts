import type { BlockDevice } from '../../lib/io/device.js';
import type { PagePool } from '../../lib/io/pages.js';
import { Cache } from '../../lib/layers/cache.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Linear } from '../../lib/layers/linear.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { Stripe } from '../../lib/layers/stripe.js';

/** A stack on files whose process is killed: built the same by the one that is, and by the one that looks what is left. */
export interface CrashStack {
  readonly name: string;
  readonly files: number;
  /** Bytes of each file. */
  readonly fileSize: number;
  /** It keeps data in the memory of its process: only a flush, or `fua`, makes a write survive it. Default false. */
  readonly volatile?: boolean;
  /** The layer at the bottom writes superblocks, and can tell of each member whether it is in sync. */
  readonly members?: 'equal' | 'parity';
  /** Makes it anew, or opens what is there. */
  build(files: readonly BlockDevice[], pool: PagePool, create: boolean): Promise<BlockDevice> | BlockDevice;
}

const KIB = 1024;

const mirror = (files: readonly BlockDevice[], pool: PagePool, create: boolean): Promise<Mirror> =>
  create ? Mirror.create(files, { pool, regionSize: 4 * KIB }) : Mirror.open(files, { pool });

const parity = (files: readonly BlockDevice[], pool: PagePool, create: boolean): Promise<Parity> =>
  create ? Parity.create(files, { pool, chunk: KIB, regionSize: 4 * KIB }) : Parity.open(files, { pool });

const checksum = (below: BlockDevice, pool: PagePool, create: boolean): Promise<Checksum> | Checksum =>
  create ? Checksum.format(below, { pool }) : new Checksum(below, { pool });

export const crashStacks: readonly CrashStack[] = [
  { name: 'Linear', files: 2, fileSize: 32 * KIB, build: (files) => new Linear(files) },
  { name: 'Stripe', files: 3, fileSize: 32 * KIB, build: (files) => new Stripe(files, { chunk: KIB }) },
  { name: 'Mirror', files: 3, fileSize: 72 * KIB, members: 'equal', build: mirror },
  { name: 'Parity', files: 4, fileSize: 40 * KIB, members: 'parity', build: parity },
  {
    name: 'Cache, back',
    files: 1,
    fileSize: 96 * KIB,
    volatile: true,
    build: ([file], pool) => new Cache(file as BlockDevice, { pool, lines: 48, mode: 'back' }),
  },
  {
    name: 'Cache, through',
    files: 1,
    fileSize: 96 * KIB,
    build: ([file], pool) => new Cache(file as BlockDevice, { pool, lines: 6 }),
  },
  {
    name: 'Checksum',
    files: 1,
    fileSize: 96 * KIB,
    build: ([file], pool, create) => checksum(file as BlockDevice, pool, create),
  },
  {
    name: 'Checksum over Mirror',
    files: 2,
    fileSize: 72 * KIB,
    members: 'equal',
    build: async (files, pool, create) => checksum(await mirror(files, pool, create), pool, create),
  },
  {
    name: 'Cache, back, over Mirror',
    files: 2,
    fileSize: 72 * KIB,
    members: 'equal',
    volatile: true,
    build: async (files, pool, create) =>
      new Cache(await mirror(files, pool, create), { pool, lines: 12, mode: 'back' }),
  },
  {
    name: 'Mirror over Checksums',
    files: 2,
    fileSize: 72 * KIB,
    build: async (files, pool, create) => {
      const sums: BlockDevice[] = [];
      for (const file of files) sums.push(await checksum(file, pool, create));
      return mirror(sums, pool, create);
    },
  },
  {
    name: 'Cache, back, over Checksum over Parity',
    files: 3,
    fileSize: 48 * KIB,
    members: 'parity',
    volatile: true,
    build: async (files, pool, create) => {
      const sums = await checksum(await parity(files, pool, create), pool, create);
      return new Cache(sums, { pool, lines: 24, mode: 'back' });
    },
  },
];
