import { expect } from 'chai';
import sinon from 'sinon';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle, type ThrottleOptions } from '../../lib/layers/throttle.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);

for (const { strategy } of designs) {
  describe(`Throttle under ${strategy.name}`, () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });
    afterEach(() => {
      expect([clock.countTimers(), [...WaitingList.all].length, pages.pinned]).to.deep.equal([0, 0, false]);
      clock.restore();
    });

    const setUp = (options: ThrottleOptions, inline = true) => {
      const disk = new FaultyDevice({ size: 1 << 16, strategy, inline });
      const throttle = new Throttle(disk, options);
      const read = (length: number, position = 0): IoRequest => throttle.read(pages.range(0, length), { position });
      /** How many are done, each so many milliseconds. */
      const course = (requests: readonly IoRequest[], stepMs: number, steps: number): number[] =>
        Array.from({ length: steps }, () => {
          const done = requests.filter(({ state }) => state === 'done').length;
          clock.tick(stepMs);
          return done;
        });
      return { disk, throttle, read, course };
    };

    it('lets a burst through, and then so many bytes per second', () => {
      const { read, course, throttle } = setUp({ bytesPerSecond: 4096, burstSeconds: 0.5 });
      const requests = Array.from({ length: 12 }, () => read(512));
      expect([throttle.queued, course(requests, 125, 9)]).to.deep.equal([8, [4, 5, 6, 7, 8, 9, 10, 11, 12]]);
    });

    it('lets so many requests through per second, whatever their size', () => {
      const { throttle, read, course } = setUp({ operationsPerSecond: 100, burstSeconds: 0.02 });
      const requests = [read(512), throttle.flush(), read(8192), throttle.discard(512, { position: 0 }), read(512)];
      expect(course(requests, 10, 4)).to.deep.equal([2, 3, 4, 5]);
    });

    it('holds to both limits', () => {
      const { read, course } = setUp({ bytesPerSecond: 51200, operationsPerSecond: 50, burstSeconds: 0.02 });
      // 512 bytes wait for the second limit, 20 ms each; 2048 for the first, 40 ms.
      const requests = [512, 512, 512, 2048, 512].map((length) => read(length));
      expect(course(requests, 20, 6)).to.deep.equal([1, 2, 3, 4, 4, 5]);
    });

    it('lets through what is larger than a burst, and makes up for it behind', () => {
      const { read, course } = setUp({ bytesPerSecond: 1024, burstSeconds: 1 });
      const requests = [read(4096), read(512)];
      expect(course(requests, 500, 9)).to.deep.equal([1, 1, 1, 1, 1, 1, 1, 2, 2]);
    });

    it('sends on in the order they came: a small one does not overtake', () => {
      const { disk, read } = setUp({ bytesPerSecond: 1024, burstSeconds: 1 });
      for (const [length, position] of [[1024, 0], [1024, 1024], [512, 2048]] as const) read(length, position); // prettier-ignore
      clock.tick(999);
      expect(disk.log).to.deep.equal(['read 0+1024']);
      clock.tick(501);
      expect(disk.log).to.deep.equal(['read 0+1024', 'read 1024+1024', 'read 2048+512']);
    });

    it('gives up to a cancel what waits, which costs nothing (I5, N14)', () => {
      const { disk, throttle, read } = setUp({ bytesPerSecond: 1024 });
      const [, second, third] = [read(1024), read(1024, 1024), read(512, 2048)];
      expect([second?.cancel(), outcomeOf(second)]).to.deep.equal(['cancelled', ['cancelled', 'ECANCELED', 0, []]]);
      clock.tick(500);
      expect([third?.value, throttle.queued, disk.log]).to.deep.equal([512, 0, ['read 0+1024', 'read 2048+512']]);
    });

    it('sends nothing of a request on while it is cancelled (I5, N14)', () => {
      const { disk, throttle, read } = setUp({ bytesPerSecond: 1024, burstSeconds: 1 });
      read(512, 4096);
      const request = new Stripe([throttle], { chunk: 1024 }).read(pages.range(0, 1536), { position: 0 });
      // The second piece would fit, were it not for the first.
      expect([throttle.queued, request.cancel()]).to.deep.equal([2, 'cancelled']);
      expect([outcomeOf(request), disk.log]).to.deep.equal([['cancelled', 'ECANCELED', 0, []], ['read 4096+512']]);
    });

    it('counts by the clock that it is given, and passes failures on', () => {
      let now = 0;
      const { disk, read } = setUp({ operationsPerSecond: 1, clock: () => now }, false);
      const [first, second] = [read(512), read(512, 512)];
      disk.only.fail('ENXIO');
      expect(outcomeOf(first)).to.deep.equal(['failed', 'ENXIO', 0, []]);
      clock.tick(1000);
      expect(disk.pending.length).to.equal(0);
      now = 1000;
      clock.tick(1000);
      disk.only.answer();
      expect(second.value).to.equal(512);
    });
  });
}

describe('Throttle', () => {
  deviceContract(
    'throttle',
    ({ strategy, size }) =>
      new Throttle(new MemoryDevice({ size, ...(strategy && { strategy }) }), {
        bytesPerSecond: 1 << 22,
        burstSeconds: 0.001,
      }),
    10,
  );

  const refused: [name: string, options: ThrottleOptions][] = [
    ['no bytes at all', { bytesPerSecond: 0 }],
    ['a negative rate', { operationsPerSecond: -1 }],
    ['a rate that is no number', { operationsPerSecond: NaN }],
    ['no burst', { bytesPerSecond: 1, burstSeconds: 0 }],
  ];
  for (const [name, options] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => new Throttle(new FaultyDevice(), options))
        .to.throw(RangeError)
        .with.property('code', 'ERR_RATE');
    });
  }

  it('without a limit lets everything through', () => {
    const throttle = new Throttle(new FaultyDevice({ inline: true }), {});
    for (let i = 0; i < 100; i++) expect(throttle.read(pages, { position: 0 }).state).to.equal('done');
  });
});
