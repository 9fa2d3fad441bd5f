import { expect } from 'chai';
import { createCipheriv } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { SECTOR_SIZE } from '../../lib/layers/xts-masks.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { key } from '../conformance/stacks.js';
import { designs } from '../conformance/strategies.js';
import { outcomeOf } from '../conformance/strategy-contract.js';

const plain = Uint8Array.from({ length: 4 * SECTOR_SIZE }, (_, i) => (i * 31) % 256);

/** What a sector must look like on the device, by the book (IEEE 1619). */
function encrypted(sector: number, cipher: string, withKey: Uint8Array): Uint8Array {
  const tweak = Buffer.alloc(16);
  tweak.writeBigUInt64LE(BigInt(sector));
  return createCipheriv(cipher, withKey, tweak).update(
    plain.subarray(sector * SECTOR_SIZE, (sector + 1) * SECTOR_SIZE),
  );
}

describe('Crypt', () => {
  it('has whole sectors of what is below, and no writeZeroes', () => {
    const crypt = new Crypt(new FaultyDevice({ size: 3 * SECTOR_SIZE + 512 }), { key, pool: new PagePool() });
    expect(crypt.geometry).to.deep.equal({ size: 3 * SECTOR_SIZE, blockSize: SECTOR_SIZE, preferredSize: SECTOR_SIZE });
    expect(crypt.operations).to.deep.equal(['read', 'write', 'flush', 'discard']);
  });

  for (const length of [64, 32]) {
    it(`writes AES-${String(length * 4)}-XTS with the sector’s number as tweak`, () => {
      const disk = new FaultyDevice({ inline: true });
      const pool = new PagePool();
      const pages = pool.allocate(plain.length);
      pages.set(plain);
      const crypt = new Crypt(disk, { key: key.subarray(0, length), pool });
      crypt.write(pages, { position: 0 });
      for (const sector of [0, 1, 2, 3]) {
        const found = disk.contents.subarray(sector * SECTOR_SIZE, (sector + 1) * SECTOR_SIZE);
        expect([...found]).to.deep.equal([
          ...encrypted(sector, `aes-${String(length * 4)}-xts`, key.subarray(0, length)),
        ]);
      }
      expect(pages.bytes(), 'the caller’s own pages').to.deep.equal(plain);
      pages.set(new Uint8Array(plain.length));
      crypt.read(pages.range(0, SECTOR_SIZE), { position: 2 * SECTOR_SIZE });
      expect(pages.bytes(0, SECTOR_SIZE)).to.deep.equal(plain.subarray(2 * SECTOR_SIZE, 3 * SECTOR_SIZE));
    });
  }

  it('keeps its own copy of the key', () => {
    const mine = Uint8Array.from(key);
    const disk = new FaultyDevice({ inline: true });
    const pool = new PagePool();
    const pages = pool.allocate(SECTOR_SIZE);
    pages.set(plain.subarray(0, SECTOR_SIZE));
    const crypt = new Crypt(disk, { key: mine, pool });
    mine.fill(0);
    crypt.write(pages, { position: 0 });
    expect(disk.contents.subarray(0, SECTOR_SIZE)).to.deep.equal(new Uint8Array(encrypted(0, 'aes-256-xts', key)));
  });

  it('hands flush and discard on', () => {
    const disk = new FaultyDevice({ inline: true });
    const crypt = new Crypt(disk, { key, pool: new PagePool() });
    expect([crypt.flush().value, crypt.discard(SECTOR_SIZE, { position: 0 }).value]).to.deep.equal([0, SECTOR_SIZE]);
    expect(disk.log).to.deep.equal(['flush 0+0', 'discard 0+4096']);
  });

  it('fails a write with ENOMEM when it has no pages for it, and sends nothing', () => {
    const disk = new FaultyDevice();
    const crypt = new Crypt(disk, { key, pool: new PagePool({ maxBytes: PAGE_SIZE }) });
    const pages = new PagePool().allocate(2 * SECTOR_SIZE);
    expect(outcomeOf(crypt.write(pages, { position: 0 }))).to.deep.equal(['failed', 'ENOMEM', 0, []]);
    expect(disk.log).to.deep.equal([]);
  });

  for (const { strategy } of designs) {
    describe(`carrying ${strategy.name}`, () => {
      const rig = () => {
        const pool = new PagePool();
        const disk = new FaultyDevice({ strategy, inline: true });
        const crypt = new Crypt(disk, { key, pool });
        const pages = new PagePool().allocate(plain.length);
        pages.set(plain);
        crypt.write(pages, { position: 0 });
        pages.set(new Uint8Array(plain.length));
        disk.inline = false;
        return { pool, disk, crypt, pages };
      };

      it('decrypts what was read range by range: what failed is left as the device left it (I4)', () => {
        const { disk, crypt, pages } = rig();
        const request = crypt.read(pages, { position: 0 });
        disk.only.fail('EIO', [{ offset: SECTOR_SIZE, length: 100 }]);
        expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 3 * SECTOR_SIZE, [[0, SECTOR_SIZE], [2 * SECTOR_SIZE, 2 * SECTOR_SIZE]]]); // prettier-ignore
        for (const sector of [0, 2, 3]) {
          const at = sector * SECTOR_SIZE;
          expect(pages.bytes(at, SECTOR_SIZE)).to.deep.equal(plain.subarray(at, at + SECTOR_SIZE));
        }
        const raw = disk.contents.subarray(SECTOR_SIZE + 100, 2 * SECTOR_SIZE);
        expect(pages.bytes(SECTOR_SIZE + 100, SECTOR_SIZE - 100)).to.deep.equal(raw);
        expect(pages.bytes(SECTOR_SIZE, 100)).to.deep.equal(new Uint8Array(100));
      });

      it('does not decrypt what a short read did not bring, and tells whole sectors (I4)', () => {
        const { disk, crypt, pages } = rig();
        const request = crypt.read(pages, { position: 0 });
        disk.only.answer({ missing: [{ offset: SECTOR_SIZE + 7, length: 3 * SECTOR_SIZE - 7 }] });
        expect(outcomeOf(request)).to.deep.equal(['done', SECTOR_SIZE]);
        expect(pages.bytes(0, SECTOR_SIZE)).to.deep.equal(plain.subarray(0, SECTOR_SIZE));
        expect(pages.bytes(2 * SECTOR_SIZE)).to.deep.equal(new Uint8Array(2 * SECTOR_SIZE));
      });

      it('tells of whole sectors only, when pieces below cut them (I4, N13)', () => {
        const pool = new PagePool();
        const disks = [new FaultyDevice({ strategy }), new FaultyDevice({ strategy })] as const;
        const crypt = new Crypt(new Stripe(disks, { chunk: 2048 }), { key, pool });
        const request = crypt.write(new PagePool().allocate(2 * SECTOR_SIZE), { position: 0 });
        disks[0].answerAll();
        disks[1].pending[0]?.fail();
        disks[1].answerAll();
        expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', SECTOR_SIZE, [[SECTOR_SIZE, SECTOR_SIZE]]]);
        expect(pool.pagesInUse).to.equal(0);
      });

      it('keeps its own pages until the I/O below is quiet, cancelled or not (I5)', () => {
        const { pool, disk, crypt, pages } = rig();
        const request = crypt.write(pages, { position: 0 });
        request.cancel();
        expect([pool.pagesInUse, request.state]).to.deep.equal([4, 'pending']);
        disk.only.answer();
        expect([pool.pagesInUse, request.value]).to.deep.equal([0, plain.length]);
        crypt.write(pages, { position: 0 });
        disk.only.fail();
        expect(pool.pagesInUse).to.equal(0);
      });

      it('works on scattered pages', () => {
        const pool = new PagePool({ maxBytes: 12 * PAGE_SIZE });
        const all = Array.from({ length: 12 }, () => pool.allocate(PAGE_SIZE));
        for (let i = 0; i < 12; i += 2) all[i]?.free();
        const pages = pool.allocate(3 * PAGE_SIZE);
        const crypt = new Crypt(new FaultyDevice({ strategy, inline: true }), { key, pool });
        pages.set(plain.subarray(0, 2 * SECTOR_SIZE), 512);
        crypt.write(pages.range(512, 2 * SECTOR_SIZE), { position: SECTOR_SIZE });
        pages.set(new Uint8Array(3 * PAGE_SIZE));
        crypt.read(pages.range(1000, 2 * SECTOR_SIZE), { position: SECTOR_SIZE });
        expect(pages.bytes(1000, 2 * SECTOR_SIZE)).to.deep.equal(plain.subarray(0, 2 * SECTOR_SIZE));
      });
    });
  }

  for (const { strategy } of designs) {
    describe(`carrying ${strategy.name}, in parts`, () => {
      const KIB = 1024;
      const SIZE = 512 * KIB;
      const data = Uint8Array.from({ length: 320 * KIB }, (_, i) => (i * 31 + (i >> 12)) % 256);

      /** A request of 320 KiB at 64 KiB: parts of 64, 128 and 128. */
      const rig = async () => {
        // The turn that was taken before is over.
        await setImmediate();
        await setImmediate();
        const pool = new PagePool();
        const disk = new FaultyDevice({ strategy, size: SIZE });
        const crypt = new Crypt(disk, { key, pool });
        const pages = new PagePool().allocate(data.length);
        pages.set(data);
        return { pool, disk, crypt, pages };
      };

      /** The same, with the data on the device. */
      const written = async () => {
        const all = await rig();
        all.disk.inline = true;
        await all.crypt.write(all.pages, { position: 64 * KIB });
        all.disk.inline = false;
        all.disk.log.length = 0;
        all.pages.set(new Uint8Array(data.length));
        await setImmediate();
        await setImmediate();
        return all;
      };

      const parts = ['65536+65536', '131072+131072', '262144+131072'];

      it('sends what has been encrypted on its way, one part a turn', async () => {
        const { disk, crypt, pages, pool } = await rig();
        const request = crypt.write(pages, { position: 64 * KIB, fua: true });
        for (const sent of [1, 2, 3]) {
          expect(disk.log).to.deep.equal(parts.slice(0, sent).map((part) => `write ${part}`));
          await setImmediate();
        }
        expect(disk.pending.map(({ fua }) => fua)).to.deep.equal([true, true, true]);
        disk.answerAll();
        expect([outcomeOf(request), pool.pagesInUse]).to.deep.equal([['done', data.length], 0]);
        expect(Buffer.compare(pages.bytes(), data), 'the caller’s own pages').to.equal(0);
        disk.inline = true;
        pages.set(new Uint8Array(data.length));
        for (let at = 0; at < data.length; at += 64 * KIB) {
          await crypt.read(pages.range(at, 64 * KIB), { position: 64 * KIB + at });
        }
        expect(Buffer.compare(pages.bytes(), data), 'read in small requests').to.equal(0);
      });

      it('ends a read when its last part has been decrypted, one part a turn (I5)', async () => {
        const { disk, crypt, pages } = await written();
        const request = crypt.read(pages, { position: 64 * KIB });
        expect(disk.log).to.deep.equal(parts.map((part) => `read ${part}`));
        disk.pending[2]?.answer();
        disk.answerAll();
        expect(Buffer.compare(pages.bytes(192 * KIB), data.subarray(192 * KIB)), 'the first to arrive').to.equal(0);
        expect(Buffer.compare(pages.bytes(0, 64 * KIB), data.subarray(0, 64 * KIB))).to.not.equal(0);
        expect(request.settled).to.equal(false);
        expect(await request).to.equal(data.length);
        expect(Buffer.compare(pages.bytes(), data)).to.equal(0);
      });

      it('decrypts range by range what succeeded, in whole sectors (I4)', async () => {
        const { disk, crypt, pages } = await written();
        const request = crypt.read(pages, { position: 64 * KIB });
        disk.pending[1]?.fail('EIO', [{ offset: SECTOR_SIZE + 10, length: 100 }]);
        disk.answerAll();
        await setImmediate();
        await setImmediate();
        const [first, second] = [64 * KIB + SECTOR_SIZE, 64 * KIB + 2 * SECTOR_SIZE];
        const succeeded = [[0, first], [second, data.length - second]] as const; // prettier-ignore
        expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', data.length - SECTOR_SIZE, succeeded]);
        for (const [offset, length] of succeeded) {
          expect(Buffer.compare(pages.bytes(offset, length), data.subarray(offset, offset + length))).to.equal(0);
        }
        expect(Buffer.compare(pages.bytes(first, 10), disk.contents.subarray(64 * KIB + first, 64 * KIB + first + 10)))
          .to.equal(0); // prettier-ignore
      });

      it('sends no more of a write once it is cancelled, and keeps its pages until what runs has ended (I5)', async () => {
        const { disk, crypt, pages, pool } = await rig();
        const request = crypt.write(pages, { position: 64 * KIB });
        request.cancel();
        await setImmediate();
        await setImmediate();
        expect([disk.log.length, request.settled, pool.pagesInUse]).to.deep.equal([1, false, data.length / PAGE_SIZE]);
        disk.answerAll();
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 64 * KIB, [[0, 64 * KIB]]]);
        expect(pool.pagesInUse).to.equal(0);
      });
    });
  }

  it('refuses a device whose blocks are larger than its sectors (I6)', () => {
    expect(() => new Crypt(new FaultyDevice({ blockSize: 8192 }), { key, pool: new PagePool() }))
      .to.throw(ArgumentRangeError, 'The block size under Crypt must divide 4096, that of disk is 8192')
      .with.property('code', 'ERR_GEOMETRY');
  });

  for (const [name, wrong, got] of [
    ['short', key.subarray(0, 16), '16'],
    ['missing', undefined, 'undefined'],
    ['of text', 'a'.repeat(64), '64'],
  ] as const) {
    it(`refuses a key that is ${name} (I6)`, () => {
      expect(() => new Crypt(new FaultyDevice(), { key: wrong as never, pool: new PagePool() }))
        .to.throw(ArgumentRangeError, `key must be 32 or 64 bytes, got ${got}`)
        .with.property('code', 'ERR_KEY');
    });
  }

  it('refuses a key of equal halves (I6)', () => {
    expect(() => new Crypt(new FaultyDevice(), { key: new Uint8Array(64), pool: new PagePool() }))
      .to.throw(ArgumentError, 'The halves of an XTS key must differ')
      .with.property('code', 'ERR_KEY');
  });
});
