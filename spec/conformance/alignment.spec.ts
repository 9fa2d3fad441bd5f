import type { BlockDevice } from '../../lib/io/device.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Cache } from '../../lib/layers/cache.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Fault } from '../../lib/layers/fault.js';
import { Linear } from '../../lib/layers/linear.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { deviceContract } from './device-contract.js';
import { FaultyDevice } from './faulty-device.js';
import { key } from './stacks.js';

type Make = (disk: (size: number) => BlockDevice, size: number) => BlockDevice | Promise<BlockDevice>;

/** Room for what arrays keep of themselves. */
const RECORDS = 1 << 16;

// A disk that wants its memory aligned to 4096 bytes fails whatever comes otherwise, so that the contract would not hold.
describe('on a disk that transfers directly to the pages', () => {
  const pool = new PagePool();
  const stacks: Record<string, Make> = {
    'Linear with its segments swapped': (disk, size) => {
      const below = disk(size);
      const half = size / 2;
      return new Linear([{ device: below, start: half }, { device: below, length: half }]); // prettier-ignore
    },
    'Stripe over disks of which one takes smaller blocks': (disk, size) =>
      new Stripe([new FaultyDevice({ size: size / 2, inline: true }), disk(size / 2)], { chunk: 4096 }),
    Crypt: (disk, size) => new Crypt(disk(size), { key, pool }),
    Checksum: (disk, size) => Checksum.format(disk(size + RECORDS), { pool }),
    'Cache through': (disk, size) => new Cache(disk(size), { pool, lines: 5 }),
    'Cache back': (disk, size) => new Cache(disk(size), { pool, lines: 5, mode: 'back' }),
    Mirror: (disk, size) => Mirror.create([disk(size + RECORDS), disk(size + RECORDS)], { pool }),
    Parity: (disk, size) =>
      Parity.create([0, 1, 2].map(() => disk(size / 2 + RECORDS)), { pool, chunk: 8192 }), // prettier-ignore
    'Checksum over Mirror over queue over Fault': async (disk, size) => {
      const member = () => new RequestQueue(new Fault(disk(size + 2 * RECORDS)), { depth: 2 });
      return Checksum.format(await Mirror.create([member(), member()], { pool }), { pool });
    },
  };

  for (const [name, make] of Object.entries(stacks)) {
    describe(name, () => {
      deviceContract(
        name,
        ({ size, strategy }) => {
          const disk = (bytes: number) =>
            new FaultyDevice({
              size: bytes,
              blockSize: 4096,
              memoryAlignment: 4096,
              inline: true,
              ...(strategy && { strategy }),
            });
          return make(disk, size);
        },
        40,
      );
    });
  }
});
