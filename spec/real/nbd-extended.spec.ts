import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { BlockDevice } from '../../lib/io/device.js';
import type { ExtentState } from '../../lib/io/extents.js';
import { waitQueue, type Io } from '../../lib/io/index.js';
import { serve } from './nbd-served.js';
import { check, itWith } from './programs.js';

const SIZE = 2 ** 33;
const PAGE = 4096;

/** Eight gigabytes, of which it keeps the pages that are not zero. */
class Sparse extends BlockDevice {
  readonly lowers = [];
  private readonly pages = new Map<number, Uint8Array>();

  constructor() {
    super('sparse', waitQueue, { size: SIZE, blockSize: PAGE, preferredSize: PAGE });
  }

  submit(io: Io): void {
    const { operation, position, length } = io;
    const end = position + length;
    if (operation === 'write') {
      const data = io.pages?.bytes(io.offset, length) ?? new Uint8Array(length);
      for (let at = position; at < end; at += PAGE) this.pages.set(at, data.slice(at - position, at - position + PAGE));
    } else if (operation === 'read') {
      for (let at = position; at < end; at += PAGE) {
        io.pages?.set(this.pages.get(at) ?? new Uint8Array(PAGE), io.offset + at - position);
      }
    } else if (operation !== 'flush') {
      for (const at of this.pages.keys()) if (at >= position && at < end) this.pages.delete(at);
    }
    io.finish(length, null);
  }

  protected override knownExtents(position: number, length: number): ExtentState[] {
    const first = [...this.pages.keys()].filter((at) => at + PAGE > position).sort((a, b) => a - b)[0] ?? SIZE;
    if (first > position) return [{ length: Math.min(length, first - position), allocated: false, zero: true }, ...(first < position + length ? this.knownExtents(first, position + length - first) : [])]; // prettier-ignore
    const here = { length: Math.min(length, first + PAGE - position), allocated: true, zero: false };
    return here.length < length ? [here, ...this.knownExtents(first + PAGE, length - here.length)] : [here];
  }
}

describe('extended headers, to a client that shares nothing with the server', function () {
  this.timeout(60_000);

  itWith(
    ['python3'],
    'reads, writes, zeroes and tells what is allocated, with lengths of 64 bits (P1, P2)',
    async () => {
      const served = await serve(new Sparse());
      try {
        const client = fileURLToPath(new URL('extended-client.py', import.meta.url));
        const told: unknown = JSON.parse(await check('python3', client, served.socket));
        expect(told).to.deep.equal({
          size: SIZE,
          write: [[0, '']],
          zeroes: [[0, '']],
          read: [[1, '0000000000001000', [0, 42]]],
          status: [6, [PAGE, 3], [PAGE, 0], [SIZE - 2 * PAGE, 3]],
          error: [0x8001, 22],
          past: [0x8001],
        });
        expect(served.log).to.deep.equal([]);
      } finally {
        await served.close();
      }
    },
  );
});
