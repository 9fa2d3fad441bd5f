import { expect } from 'chai';
import sinon from 'sinon';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Delay, type DelayOptions } from '../../lib/layers/delay.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);

function setUp(strategy: Strategy, options: DelayOptions) {
  const disk = new FaultyDevice({ size: 1 << 16, strategy, inline: true });
  const delay = new Delay(disk, options);
  const read = (position: number): IoRequest => delay.read(pages.range(0, 512), { position });
  return { disk, delay, read };
}

for (const { strategy } of designs) {
  describe(`Delay under ${strategy.name}`, () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      expect([clock.countTimers(), [...WaitingList.all].length, pages.pinned]).to.deep.equal([0, 0, false]);
      clock.restore();
    });

    it('holds each request for its time, and sends them on in order', () => {
      const { disk, delay, read } = setUp(strategy, { delayMs: 10 });
      const first = read(0);
      const second = read(512);
      clock.tick(5);
      const third = read(1024);
      expect([delay.held, disk.log]).to.deep.equal([3, []]);
      clock.tick(5);
      expect([first.value, second.value, third.state, disk.log]).to.deep.equal([
        512,
        512,
        'pending',
        ['read 0+512', 'read 512+512'],
      ]);
      clock.tick(5);
      expect([third.value, delay.held]).to.deep.equal([512, 0]);
    });

    it('sends on at once what is not to be held', () => {
      expect(setUp(strategy, { delayMs: 0 }).read(0).value).to.equal(512);
    });

    it('draws times from a range, the same for the same seed', () => {
      const run = (seed: number): string[] => {
        const { disk, read } = setUp(strategy, { delayMs: { min: 10, max: 50 }, seed });
        for (let i = 0; i < 16; i++) read(i * 512);
        clock.tick(9);
        expect(disk.log).to.deep.equal([]);
        clock.tick(41);
        expect(disk.log.length).to.equal(16);
        return disk.log;
      };
      const once = run(1);
      expect(run(1)).to.deep.equal(once);
      expect(run(2)).not.to.deep.equal(once);
    });

    it('gives what it holds up to a cancel, with its timer (I5, N14)', () => {
      const { disk, delay, read } = setUp(strategy, { delayMs: 10 });
      const [first, second] = [read(0), read(512)];
      expect(first.cancel('enough')).to.equal('cancelled');
      expect([outcomeOf(first), delay.held, clock.countTimers()]).to.deep.equal([
        ['cancelled', 'ECANCELED', 0, []],
        1,
        1,
      ]);
      clock.tick(10);
      expect([second.value, disk.log]).to.deep.equal([512, ['read 512+512']]);
    });

    it('leaves what it has sent on to run when a cancel comes (I5)', () => {
      const { disk, read } = setUp(strategy, { delayMs: 10 });
      disk.inline = false;
      const request = read(0);
      clock.tick(10);
      expect(request.cancel()).to.equal('requested');
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 512]);
    });

    it('gives up the pieces of a split that it still holds (I5, N13)', () => {
      const [slow, fast] = [setUp(strategy, { delayMs: 20 }).delay, setUp(strategy, { delayMs: 10 }).delay];
      const request = new Stripe([slow, fast], { chunk: 512 }).read(pages.range(0, 2048), { position: 0 });
      clock.tick(10);
      expect(request.cancel()).to.equal('cancelled');
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 1024, [[512, 512], [1536, 512]]]); // prettier-ignore
    });

    it('is pulled by a timeout that is shorter (I9)', () => {
      const { delay } = setUp(strategy, { delayMs: 20 });
      const request = delay.read(pages.range(0, 512), { position: 0, timeoutMs: 10 });
      clock.tick(10);
      expect([outcomeOf(request)[1], delay.lost, delay.held]).to.deep.equal(['ETIMEDOUT', 0, 0]);
    });

    it('closes when what it holds has gone on: no timer is left', async () => {
      const { delay, read } = setUp(strategy, { delayMs: 10 });
      const request = read(0);
      const closing = delay.close();
      clock.tick(10);
      await closing;
      expect(request.value).to.equal(512);
    });

    it('lets the process end when it is asked to', () => {
      const unref = (options: DelayOptions): boolean => {
        const { read } = setUp(strategy, options);
        const set = sinon.spy(globalThis, 'setTimeout');
        const request = read(0);
        const timer = set.returnValues[0] as unknown as { hasRef(): boolean };
        const kept = timer.hasRef();
        set.restore();
        request.cancel();
        return !kept;
      };
      expect([unref({ delayMs: 10 }), unref({ delayMs: 10, unref: true })]).to.deep.equal([false, true]);
    });
  });
}

describe('Delay', () => {
  deviceContract(
    'delay',
    ({ strategy, size }) =>
      new Delay(new MemoryDevice({ size, ...(strategy && { strategy }) }), { delayMs: { min: 0, max: 1 } }),
    10,
  );

  const refused: [name: string, delayMs: DelayOptions['delayMs']][] = [
    ['a negative time', -1],
    ['a time that no timer can keep', 2 ** 31],
    ['a time that is no number', NaN],
    ['a range that ends before it begins', { min: 2, max: 1 }],
  ];
  for (const [name, delayMs] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => new Delay(new FaultyDevice(), { delayMs }))
        .to.throw(RangeError)
        .with.property('code', 'ERR_DELAY');
    });
  }
});
