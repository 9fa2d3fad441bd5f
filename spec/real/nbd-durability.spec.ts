import { expect } from 'chai';
import { Mirror, waitQueue, type BlockDevice } from '../../lib/io/index.js';
import { NbdDevice } from '../../lib/nbd/index.js';
import { seed } from '../conformance/random.js';
import { serve, type Served } from './nbd-served.js';
import { cutPower, noToll, type Durable } from './power-loss.js';

/** In all; `npm run crash` has more. */
const ROUNDS = Number(process.env['WAKECHAIN_WIRE_CUTS'] ?? 500);

describe('after a loss of power under a server', function () {
  this.timeout(20_000 + ROUNDS * 200);
  const behind = new Map<BlockDevice, Served>();

  /** A device as a client sees it. */
  async function remote(device: BlockDevice): Promise<BlockDevice> {
    const served = await serve(device);
    const client = await NbdDevice.open(served.uri);
    behind.set(client, served);
    return client;
  }

  /** The wire is only there until power is lost: what is left is looked at where it is. */
  const overTheWire = ({ build, ...rest }: Durable): Durable => ({
    ...rest,
    build: async (members, pool, create) => (create ? remote(await build(members, pool, create)) : build(members, pool, create)), // prettier-ignore
    breathe: async () => {
      for (let turns = 0; turns < 2; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
    },
    lost: async (client) => {
      await client.close();
      await behind.get(client)?.close();
      behind.delete(client);
    },
  });

  const durables: readonly Durable[] = [
    { name: 'a disk', members: 1, memberSize: 64 * 512, build: ([disk]) => disk as BlockDevice },
    {
      name: 'Mirror',
      members: 2,
      memberSize: 64 * 512,
      build: (members, pool, create) => (create ? Mirror.create(members, { pool }) : Mirror.open(members, { pool })),
      views: async (members, pool) => [await Mirror.open(members.slice(1), { pool })],
    },
  ];

  for (const durable of durables) {
    it(`${durable.name} has what a client was told is stable (I7)`, async () => {
      const toll = noToll();
      const rounds = Math.ceil(ROUNDS / durables.length);
      for (let round = 0; round < rounds; round++) {
        await cutPower(overTheWire(durable), waitQueue, seed + round * 7919, toll);
      }
      const { rounds: all, ...happened } = toll;
      console.log(`      seed ${String(seed)}, ${String(all)} cuts: ${JSON.stringify(happened)}`);
      for (const [what, count] of Object.entries(happened)) expect(count, what).to.be.greaterThan(all / 20);
    });
  }
});
