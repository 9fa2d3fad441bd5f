import { expect } from 'chai';
import { Cache, Checksum, Linear, Mirror, Parity, ReadAhead, Stripe, Unaligned, Zeroing } from '../../lib/io/index.js';
import { seed } from '../conformance/random.js';
import { WithoutZeroes } from '../conformance/stacks.js';
import { designs } from '../conformance/strategies.js';
import { cutPower, noToll, type Durable } from './power-loss.js';

const ROUNDS = Number(process.env['WAKECHAIN_POWER_CUTS'] ?? 60);

/** One line for each stack that keeps its word. */
const durables: readonly Durable[] = [
  { name: 'Linear', members: 2, memberSize: 16 * 512, build: (members) => new Linear(members) },
  { name: 'Stripe', members: 3, memberSize: 16 * 512, build: (members) => new Stripe(members, { chunk: 1024 }) },
  {
    name: 'Linear with superblocks',
    members: 2,
    memberSize: 32 * 512,
    build: (members, pool, create) =>
      create ? Linear.create(members, { pool }) : Linear.open([...members].reverse(), { pool }),
  },
  {
    name: 'Stripe with superblocks',
    members: 3,
    memberSize: 32 * 512,
    build: (members, pool, create) =>
      create ? Stripe.create(members, { pool, chunk: 1024 }) : Stripe.open([...members].reverse(), { pool }),
  },
  // It holds nothing that is not below: what is read ahead is never newer.
  {
    name: 'ReadAhead',
    members: 1,
    memberSize: 64 * 512,
    build: ([disk], pool) => new ReadAhead(disk as never, { pool }),
  },
  // Blocks of eight sectors: what shares one with what is written is written with it, as it was.
  {
    name: 'Unaligned',
    members: 1,
    memberSize: 64 * 512,
    blockSize: 4096,
    build: ([disk], pool) => new Unaligned(disk as never, { pool }),
  },
  {
    name: 'Zeroing',
    members: 1,
    memberSize: 64 * 512,
    build: ([disk], pool) => new Zeroing(new WithoutZeroes(disk as never), { pool, pieceBytes: 1024 }),
  },
  {
    name: 'Cache, through',
    members: 1,
    memberSize: 64 * 512,
    build: ([disk], pool) => new Cache(disk as never, { pool, lines: 4 }),
  },
  {
    name: 'Cache, back',
    members: 1,
    memberSize: 64 * 512,
    build: ([disk], pool) => new Cache(disk as never, { pool, lines: 4, mode: 'back' }),
  },
  {
    name: 'Checksum over Stripe',
    members: 2,
    memberSize: 32 * 512,
    build: (members, pool) => new Checksum(new Stripe(members, { chunk: 1024 }), { pool }),
  },
  {
    name: 'Mirror',
    members: 2,
    memberSize: 64 * 512,
    build: (members, pool, create) => (create ? Mirror.create(members, { pool }) : Mirror.open(members, { pool })),
    views: async (members, pool) => [await Mirror.open(members.slice(1), { pool })],
  },
  {
    name: 'Parity',
    members: 3,
    memberSize: 64 * 512,
    build: (members, pool, create) =>
      create ? Parity.create(members, { pool, chunk: 1024 }) : Parity.open(members, { pool }),
    views: async (members, pool) => [await Parity.open(members.slice(1), { pool })],
  },
];

/** Of these a third as many cuts: each of their layers has its own. */
const stacks: readonly Durable[] = [
  {
    name: 'Cache, back, over Mirror',
    members: 2,
    memberSize: 64 * 512,
    build: async (members, pool, create) => {
      const mirror = await (create ? Mirror.create(members, { pool }) : Mirror.open(members, { pool }));
      return new Cache(mirror, { pool, lines: 4, mode: 'back' });
    },
  },
  {
    name: 'Checksum over Parity',
    members: 3,
    memberSize: 64 * 512,
    build: async (members, pool, create) =>
      new Checksum(await (create ? Parity.create(members, { pool, chunk: 1024 }) : Parity.open(members, { pool })), {
        pool,
      }),
  },
  {
    name: 'Mirror over Checksums',
    members: 2,
    memberSize: 64 * 512,
    build: (members, pool, create) => {
      const sums = members.map((member) => new Checksum(member, { pool }));
      return create ? Mirror.create(sums, { pool }) : Mirror.open(sums, { pool });
    },
    views: async (members, pool) => [
      await Mirror.open(
        members.slice(1).map((member) => new Checksum(member, { pool })),
        { pool },
      ),
    ],
  },
];

describe('after a loss of power', function () {
  this.timeout(60_000);

  for (const durable of [...durables, ...stacks]) {
    const own = stacks.includes(durable) ? Math.ceil(ROUNDS / 3) : ROUNDS;
    it(`${durable.name} has what a flush or fua acknowledged, and of the rest one of the writes (I7, I8)`, async () => {
      const toll = noToll();
      for (const [i, { strategy }] of designs.entries()) {
        // Each design has rounds of its own, so that the toll is taken of as many as there are. One round alone is the same for all.
        const first = i * (own - 1);
        for (let round = first; round < first + own; round++) {
          await cutPower(durable, strategy, seed + round * 7919, toll);
        }
      }
      const { rounds, ...happened } = toll;
      console.log(`      seed ${String(seed)}, ${String(rounds)} cuts: ${JSON.stringify(happened)}`);
      // A load that never flushes, and a cut that loses nothing, would prove nothing.
      for (const [what, count] of Object.entries(happened)) expect(count, what).to.be.greaterThan(rounds / 20);
    });
  }
});
