import { expect } from 'chai';
import type { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { Zeroing } from '../../lib/layers/zeroing.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';

const PIECE = 256 * 1024;
const operations = ['read', 'write', 'flush'] as const;

describe('Zeroing', () => {
  for (const { strategy } of designs) {
    it(`writes zeroes a few pieces at a time, from memory that is bounded, under ${strategy.name} (I7)`, () => {
      const disk = new FaultyDevice({ size: 4 << 20, operations, strategy });
      disk.contents.fill(7);
      const pool = new PagePool();
      const device = new Zeroing(disk, { pool });
      const length = 6 * PIECE + 512;
      const request = device.writeZeroes(length, { position: 512, fua: true });
      let answered = 0;
      for (let op = disk.pending[0]; op !== undefined; op = disk.pending[0]) {
        const [operation, bytes] = answered < 7 ? ['write', PIECE] : ['flush', 0];
        expect([op.operation, op.fua, disk.pending.length <= 4]).to.deep.equal([operation, false, true]);
        expect([op.length <= bytes, pool.pagesInUse]).to.deep.equal([true, PIECE / 4096]);
        op.answer();
        answered++;
      }
      expect([request.value, answered, pool.pagesInUse]).to.deep.equal([length, 8, 0]);
      const expected = new Uint8Array(4 << 20).fill(7).fill(0, 512, 512 + length);
      expect(Buffer.compare(disk.stable.subarray(512, 512 + length), new Uint8Array(length))).to.equal(0);
      expect(Buffer.compare(disk.contents, expected)).to.equal(0);
    });

    it(`begins nothing more behind a cancel or a failure, under ${strategy.name} (I4, I5)`, () => {
      const disk = new FaultyDevice({ size: 4 << 20, operations, strategy });
      const pool = new PagePool();
      const device = new Zeroing(disk, { pool });
      const cancelled = device.writeZeroes(4 << 20, { position: 0 });
      cancelled.cancel();
      disk.answerAll();
      expect([cancelled.state, disk.log.length, pool.pagesInUse]).to.deep.equal(['cancelled', 4, 0]);
      const failed = device.writeZeroes(4 << 20, { position: 0 });
      disk.pending[1]?.fail('ENOSPC');
      disk.answerAll();
      expect([failed.state, disk.log.length, pool.pagesInUse]).to.deep.equal(['failed', 8, 0]);
      expect(failed.error).to.have.property('code', 'ENOSPC');
    });

    it(`tells of a cancel that kept the rest from being begun, also behind a short write, under ${strategy.name} (I5)`, () => {
      const disk = new FaultyDevice({ size: 4 << 20, operations, strategy });
      const device = new Zeroing(disk, { pool: new PagePool() });
      const missing = [{ offset: 512, length: 512 }];
      const [short, cancelled] = [0, 0].map(() => {
        const request = device.writeZeroes(5 * PIECE, { position: 0 });
        disk.pending.at(-4)?.answer({ missing });
        return request;
      });
      cancelled?.cancel();
      disk.answerAll();
      expect([short?.state, short?.value]).to.deep.equal(['done', 4 * PIECE - 512]);
      expect([cancelled?.state, (cancelled?.error as IoError).bytes]).to.deep.equal(['cancelled', 4 * PIECE - 512]);
      expect(disk.log.length).to.equal(8);
    });
  }

  it('has FUA of one piece, or where there is no flush; a flush that fails leaves nothing done (I7)', () => {
    const disk = new FaultyDevice({ size: 4 << 20, operations });
    const device = new Zeroing(disk, { pool: new PagePool() });
    device.writeZeroes(PIECE, { position: 0, fua: true });
    expect([disk.only.operation, disk.only.fua]).to.deep.equal(['write', true]);
    disk.answerAll();
    const unstable = device.writeZeroes(2 * PIECE, { position: 0, fua: true });
    disk.pending[0]?.answer();
    disk.pending[0]?.answer();
    disk.only.fail('EIO');
    expect([unstable.state, unstable.succeeded]).to.deep.equal(['failed', []]);
    const plain = new FaultyDevice({ size: 4 << 20, operations: ['read', 'write'] });
    new Zeroing(plain, { pool: new PagePool() }).writeZeroes(2 * PIECE, { position: 0, fua: true });
    expect(plain.pending.map(({ operation, fua }) => [operation, fua])).to.deep.equal([['write', true], ['write', true]]); // prettier-ignore
    plain.answerAll();
  });

  it('hands on what the device can do itself, and adds nothing to one that does not write', () => {
    const able = new FaultyDevice({ inline: true });
    new Zeroing(able, { pool: new PagePool() }).writeZeroes(4096, { position: 512 });
    expect(able.log).to.deep.equal(['writeZeroes 512+4096']);
    const readOnly = new FaultyDevice({ operations: ['read', 'flush'] });
    expect(new Zeroing(readOnly, { pool: new PagePool() }).operations).to.deep.equal(['read', 'flush']);
  });

  it('refuses pieces that are no blocks (I6)', () => {
    const pool = new PagePool();
    for (const pieceBytes of [0, -512, 700, NaN]) {
      expect(() => new Zeroing(new FaultyDevice({ operations }), { pool, pieceBytes }))
        .to.throw(RangeError, `got ${String(pieceBytes)}`)
        .with.property('code', 'ERR_PIECE_BYTES');
    }
  });

  it('ends when there is no memory for the zeroes, and when a long one ends at once', () => {
    const disk = new FaultyDevice({ operations, inline: true });
    const poor = new Zeroing(disk, { pool: new PagePool({ maxBytes: 4096 }) });
    expect(poor.writeZeroes(4096, { position: 0 }).error).to.have.property('code', 'ENOMEM');
    const large = new FaultyDevice({ size: 2 ** 33, operations, inline: true });
    const request = new Zeroing(large, { pool: new PagePool() }).writeZeroes(2 ** 33, { position: 0 });
    expect(request.value).to.equal(2 ** 33);
  });
});
