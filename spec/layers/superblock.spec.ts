import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import {
  copyPosition,
  dataStartFor,
  decodeSuperblock,
  encodeSuperblock,
  MAX_REGIONS,
  readNewest,
  readSuperblock,
  SUPERBLOCK_SIZE,
  type Copy,
  type Superblock,
} from '../../lib/layers/superblock.js';
import { ArgumentError } from '../../lib/wait/errors.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const superblock: Superblock = {
  role: 'parity',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  index: 2,
  memberCount: 4,
  layout: 5,
  generation: 2 ** 40 + 3,
  sequence: 9,
  dataStart: 8192,
  dataSize: 2 ** 45,
  chunk: 65536,
  regionSize: 1 << 20,
  states: ['in-sync', 'failed', 'rebuilding', 'in-sync'],
  rebuilt: [0, 0, 1 << 20, 2 ** 40],
  dirty: Uint8Array.from({ length: MAX_REGIONS / 8 }, (_, i) => i * 7),
};

describe('Superblock', () => {
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse).to.equal(0));

  describe('encodeSuperblock, decodeSuperblock', () => {
    it('give back every field', () => {
      const bytes = encodeSuperblock(superblock);
      expect(bytes.length).to.equal(SUPERBLOCK_SIZE);
      expect(decodeSuperblock(bytes)).to.deep.equal(superblock);
    });

    for (const [role, version] of [
      ['mirror', 2],
      ['parity', 2],
      ['stripe', 3],
      ['linear', 3],
    ] as const) {
      it(`give back that it is of a ${role}, which is of version ${String(version)}: what knows no such role refuses it`, () => {
        const bytes = encodeSuperblock({ ...superblock, role });
        expect(decodeSuperblock(bytes)?.role).to.equal(role);
        expect(new DataView(bytes.buffer).getUint32(12, true)).to.equal(version);
      });
    }

    it('notice any byte that is changed', () => {
      for (let at = 0; at < SUPERBLOCK_SIZE; at += 1 + (at % 13)) {
        const bytes = encodeSuperblock(superblock);
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        expect(decodeSuperblock(bytes), String(at)).to.equal(null);
      }
    });

    it('know none in zeroes, noise, or too few bytes', () => {
      expect(decodeSuperblock(new Uint8Array(SUPERBLOCK_SIZE))).to.equal(null);
      expect(decodeSuperblock(new Uint8Array(SUPERBLOCK_SIZE).fill(0x77))).to.equal(null);
      expect(decodeSuperblock(encodeSuperblock(superblock).subarray(0, 4000))).to.equal(null);
      expect(decodeSuperblock(new Uint8Array(0))).to.equal(null);
    });

    it('read version 1, which has nothing of rebuilds, and refuse what is newer than they know', async () => {
      const as = (version: number): Uint8Array => {
        const bytes = encodeSuperblock({ ...superblock, rebuilt: [] });
        const view = new DataView(bytes.buffer);
        view.setUint32(12, version, true);
        view.setUint32(8, 0, true);
        view.setUint32(8, crc32(bytes), true);
        return bytes;
      };
      expect(decodeSuperblock(as(1))).to.deep.equal({ ...superblock, rebuilt: [0, 0, 0, 0] });
      expect(() => decodeSuperblock(as(4))).to.throw(ArgumentError, 'of version 4').with.property('code', 'ERR_SUPERBLOCK_VERSION'); // prettier-ignore
      const disk = new MemoryDevice({ size: 1 << 16 });
      disk.contents.set(as(4), 4096);
      const refused = async (what: Promise<unknown>): Promise<unknown> =>
        what.catch((error: unknown) => (error as { code?: string }).code);
      expect(await refused(readSuperblock(disk, pool))).to.equal('ERR_SUPERBLOCK_VERSION');
      expect(await refused(Mirror.open([disk], { pool }))).to.equal('ERR_SUPERBLOCK_VERSION');
      expect(await refused(Parity.open([disk], { pool }))).to.equal('ERR_SUPERBLOCK_VERSION');
    });

    it('refuse what has no room', () => {
      const states = new Array<'in-sync'>(65).fill('in-sync');
      expect(() => encodeSuperblock({ ...superblock, memberCount: 65, states })).to.throw(RangeError, '65 members');
      expect(() => encodeSuperblock({ ...superblock, dirty: new Uint8Array(2049) })).to.throw(RangeError, '2049 bytes');
    });
  });

  describe('readSuperblock', () => {
    const write = (contents: Uint8Array, written: Superblock, blockSize = 512): void =>
      contents.set(encodeSuperblock(written), copyPosition(blockSize, (written.sequence % 2) as Copy));

    it('takes the newer of both copies, whichever place it has', async () => {
      const disk = new MemoryDevice({ size: 1 << 16 });
      for (const sequence of [1, 2, 3, 4]) {
        write(disk.contents, { ...superblock, sequence });
        expect((await readSuperblock(disk, pool))?.sequence).to.equal(sequence);
        expect((await readNewest(disk, pool))?.copy).to.equal(sequence % 2);
      }
    });

    it('takes the one before when the writing of the last was torn anywhere', async () => {
      const disk = new MemoryDevice({ size: 1 << 16 });
      for (let torn = 512; torn < SUPERBLOCK_SIZE; torn += 512) {
        write(disk.contents, { ...superblock, sequence: 7 });
        write(disk.contents, { ...superblock, sequence: 8 });
        const next = encodeSuperblock({ ...superblock, sequence: 9, dirty: superblock.dirty.map((byte) => ~byte) });
        disk.contents.set(next.subarray(0, torn), copyPosition(512, 1));
        // Behind the last byte that is not zero a writing cannot be torn.
        if (torn < 3072) expect((await readSuperblock(disk, pool))?.sequence, String(torn)).to.equal(8);
      }
    });

    it('answers null where there is none, and throws where nothing can be read or there is no room', async () => {
      const disk = new FaultyDevice({ inline: true });
      expect(await readSuperblock(disk, pool)).to.equal(null);
      disk.inline = false;
      disk.onSubmit = (op) => {
        queueMicrotask(() => op.fail());
        return false;
      };
      let thrown: unknown = null;
      await readSuperblock(disk, pool).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(IoError);
      await readSuperblock(new MemoryDevice({ size: 4096 }), pool).catch((error: unknown) => (thrown = error));
      expect((thrown as IoError).code).to.equal('ENXIO');
    });

    it('is content with one copy when the other cannot be read', async () => {
      const disk = new FaultyDevice();
      write(disk.contents, { ...superblock, sequence: 8 });
      disk.onSubmit = (op) => {
        queueMicrotask(() => (op.position === 0 ? op.answer() : op.fail()));
        return false;
      };
      expect((await readSuperblock(disk, pool))?.sequence).to.equal(8);
    });

    it('finds copies that lie a large block apart', async () => {
      const disk = new MemoryDevice({ size: 1 << 16, blockSize: 16384 });
      write(disk.contents, { ...superblock, sequence: 7 }, 16384);
      expect((await readSuperblock(disk, pool))?.sequence).to.equal(7);
      expect(dataStartFor(16384)).to.equal(32768);
    });
  });
});
