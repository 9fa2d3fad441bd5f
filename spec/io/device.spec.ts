import { expect } from 'chai';
import { BlockDevice } from '../../lib/io/device.js';
import { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { cloneKiobuf } from '../../lib/io/strategy/clone.js';
import { Pass } from '../../lib/layers/pass.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { StateError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const pages = new PagePool().allocate(8192);

/** Writes down when it is released, and can be slow or fail at it. */
class Releasing extends FaultyDevice {
  readonly trace: string[];
  releasing: () => Promise<void> | void = () => undefined;

  constructor(name: string, trace: string[]) {
    super({ name });
    this.trace = trace;
  }

  protected override release(): Promise<void> | void {
    this.trace.push(`${this.name} released`);
    return this.releasing();
  }
}

describe('BlockDevice', () => {
  it('has the size and block size of its geometry', () => {
    const device = new FaultyDevice({ size: 8192, blockSize: 1024 });
    expect([device.size, device.blockSize, device.lowers]).to.deep.equal([8192, 1024, []]);
  });

  it('makes requests of every operation, which yield what was transferred (I1)', () => {
    const device = new FaultyDevice({ inline: true });
    const requests = [
      device.read(pages, { position: 512 }),
      device.write(pages.range(100, 1024), { position: 0 }),
      device.flush(),
      device.discard(512, { position: 1024 }),
      device.writeZeroes(1024, { position: 2048 }),
    ];
    expect(requests.every((request) => request instanceof IoRequest)).to.equal(true);
    expect(requests.map(({ value }) => value)).to.deep.equal([8192, 1024, 0, 512, 1024]);
    expect(device.log).to.deep.equal(['read 512+8192', 'write 0+1024', 'flush 0+0', 'discard 1024+512', 'writeZeroes 2048+1024']); // prettier-ignore
  });

  it('hands fua down only where it was asked for (I7)', () => {
    const device = new FaultyDevice();
    device.write(pages, { position: 0, fua: true });
    device.write(pages, { position: 0 });
    device.writeZeroes(512, { position: 0, fua: true });
    device.writeZeroes(512, { position: 0 });
    expect(device.pending.map(({ fua }) => fua)).to.deep.equal([true, false, true, false]);
    device.answerAll();
  });

  it('lets a flush be cancelled and timed like any other request', () => {
    const device = new FaultyDevice();
    expect(device.flush({ signal: AbortSignal.abort() }).state).to.equal('cancelled');
    expect(device.log).to.deep.equal([]);
  });

  it('counts what begins and ends, so that what is in flight is the difference', () => {
    const device = new FaultyDevice();
    for (let i = 0; i < 3; i++) device.read(pages, { position: 0 });
    device.pending[1]?.answer();
    expect([device.started, device.ended]).to.deep.equal([3, 1]);
    device.answerAll();
    expect([device.started, device.ended]).to.deep.equal([3, 3]);
  });

  it('takes the design from below unless it is given one (I3)', () => {
    const bottom = new FaultyDevice({ strategy: cloneKiobuf });
    expect([new Pass(bottom).strategy, new Pass(new FaultyDevice(), { strategy: cloneKiobuf }).strategy]).to.deep.equal(
      [cloneKiobuf, cloneKiobuf],
    );
  });

  describe('drain', () => {
    it('resolves at once when nothing is in flight', async () => {
      await new FaultyDevice().drain();
    });

    it('waits for all that is in flight, also for what comes meanwhile (I9)', async () => {
      const device = new FaultyDevice();
      device.read(pages, { position: 0 });
      let drained = false;
      const drain = device.drain().then(() => (drained = true));
      device.read(pages, { position: 0 });
      device.pending[0]?.answer();
      await new Promise(setImmediate);
      expect(drained).to.equal(false);
      device.answerAll();
      await drain;
    });
  });

  describe('close', () => {
    it('refuses requests from then on, and names what was asked (I9)', async () => {
      const device = new FaultyDevice();
      const closing = device.close();
      expect(device.closed).to.equal(true);
      for (const call of [() => device.flush(), () => device.read(pages, { position: 0 })]) {
        expect(call)
          .to.throw(StateError, /^disk is closed and takes no (flush|read)$/)
          .with.property('code', 'ERR_CLOSED');
      }
      await closing;
    });

    it('drains, then releases from the top down, each device once', async () => {
      const trace: string[] = [];
      const disks = [new Releasing('a', trace), new Releasing('b', trace)] as const;
      const top = new Stripe([disks[0], disks[1], disks[0]], { chunk: 512 });
      const request = top.read(pages.range(0, 1024), { position: 0 });
      const closing = top.close();
      const again = top.close();
      await new Promise(setImmediate);
      expect([trace, request.state]).to.deep.equal([[], 'pending']);
      for (const each of disks) each.answerAll();
      await Promise.all([closing, again]);
      expect([trace, request.value, disks.map(({ closed }) => closed)]).to.deep.equal([
        ['a released', 'b released'],
        1024,
        [true, true],
      ]);
      await disks[0].close();
      expect(trace.length).to.equal(2);
    });

    it('rejects with the first error when something cannot be released, and closes the rest', async () => {
      const devices = ['a', 'b', 'c'].map((name) => new Releasing(name, []));
      for (const device of devices.slice(0, 2)) device.releasing = () => Promise.reject(new Error(device.name));
      const top = new Stripe(devices, { chunk: 512 });
      const failed = await top.close().catch((error: unknown) => (error as Error).message);
      expect([failed, devices.map(({ closed }) => closed)]).to.deep.equal(['a', [true, true, true]]);
    });

    it('is what leaving an "await using" block does', async () => {
      const device: BlockDevice = new FaultyDevice();
      await device[Symbol.asyncDispose]();
      expect(device.closed).to.equal(true);
    });
  });
});
