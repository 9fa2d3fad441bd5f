import { expect } from 'chai';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Io } from '../../lib/io/io.js';
import { Layer } from '../../lib/io/layer.js';
import { PagePool } from '../../lib/io/pages.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { StripeLock } from '../../lib/layers/stripe-lock.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';

/** Locks the block that a request is at, while it runs below. */
class Locking extends Layer {
  readonly lock: StripeLock = new StripeLock();
  private readonly lower: BlockDevice;

  constructor(lower: BlockDevice) {
    super('locking', [lower], lower.geometry, {});
    this.lower = lower;
  }

  submit(io: Io): void {
    this.lock.acquire(io.position / 512, io, this);
  }

  locked(io: Io): void {
    io.pass(this, this.lower, io.position, null);
  }

  done(io: Io): void {
    this.lock.release(io.position / 512);
  }
}

describe('StripeLock', () => {
  for (const { strategy } of designs) {
    describe(`under ${strategy.name}`, () => {
      let disk: FaultyDevice;
      let top: Locking;
      const pages = new PagePool().allocate(512);
      const read = (stripe: number): IoRequest => top.read(pages.range(0, 512), { position: stripe * 512 });
      beforeEach(() => {
        disk = new FaultyDevice({ strategy, size: 8192 });
        top = new Locking(disk);
      });

      it('serves one at a time, first come, first served, and others’ stripes beside it (I8)', () => {
        const settled: string[] = [];
        for (const [i, stripe] of [0, 0, 1, 0].entries()) read(stripe).notify(() => settled.push(`${String(stripe)} of ${String(i)}`)); // prettier-ignore
        expect([disk.log, top.lock.size]).to.deep.equal([['read 0+512', 'read 512+512'], 2]);
        disk.answerAll();
        expect(disk.log.length).to.equal(4);
        expect(settled.filter((each) => each.startsWith('0'))).to.deep.equal(['0 of 0', '0 of 1', '0 of 3']);
        expect(top.lock.size).to.equal(0);
      });

      it('lets a cancel take out who waits, and no other (I5, N14)', () => {
        const [first, second, third] = [read(0), read(0), read(0)];
        expect([second.cancel(), second.state]).to.deep.equal(['cancelled', 'cancelled']);
        expect(first.cancel()).to.equal('requested');
        disk.answerAll();
        expect([first.state, third.state, disk.log.length, top.lock.size]).to.deep.equal(['done', 'done', 2, 0]);
      });

      it('serves work of the layer’s own first', () => {
        const order: string[] = [];
        read(0);
        read(0).notify(() => order.push('header'));
        top.lock.acquireOwn(0, () => order.push('own'));
        disk.only.answer();
        expect([order, disk.pending.length]).to.deep.equal([['own'], 0]);
        top.lock.release(0);
        disk.answerAll();
        expect([order, top.lock.size]).to.deep.equal([['own', 'header'], 0]);
      });

      it('is flat, however many wait for one stripe (I2)', () => {
        let ended = 0;
        for (let i = 0; i < 20000; i++) read(0).notify(() => ended++);
        disk.inline = true;
        disk.only.answer();
        expect([ended, top.lock.size]).to.deep.equal([20000, 0]);
      });
    });
  }

  it('is flat when who is served gives it back at once', () => {
    const lock = new StripeLock();
    let served = 0;
    lock.acquireOwn(0, () => served++);
    for (let i = 0; i < 20000; i++) lock.acquireOwn(0, () => (served++, lock.release(0)));
    lock.release(0);
    expect([served, lock.size]).to.deep.equal([20001, 0]);
  });
});
