import { expect } from 'chai';
import sinon from 'sinon';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Fault, type FaultRule } from '../../lib/layers/fault.js';
import { Retry, type RetryOptions } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { Random, seed } from '../conformance/random.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';
import { Tracer } from '../conformance/tracer.js';

const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);

function setUp(strategy: Strategy, options: RetryOptions = { delaysMs: [0, 0] }) {
  const disk = new FaultyDevice({ size: 1 << 16, strategy });
  const retry = new Retry(disk, options);
  const told: string[] = [];
  const top = new Tracer('above', retry, told);
  const read = (length = 2048, position = 0): IoRequest => top.read(pages.range(0, length), { position });
  return { disk, retry, top, told, read };
}

for (const { strategy } of designs) {
  describe(`Retry under ${strategy.name}`, () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      expect([clock.countTimers(), [...WaitingList.all].length, pages.pinned]).to.deep.equal([0, 0, false]);
      clock.restore();
    });

    it('tries again what failed; nobody above is told of the first attempt (N8)', () => {
      const { disk, retry, told, read } = setUp(strategy);
      const request = read(2048, 512);
      disk.only.fail();
      expect([told, request.state]).to.deep.equal([['above down 512'], 'pending']);
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 2048]);
      expect([told, retry.retried]).to.deep.equal([['above down 512', 'above up 512'], 1]);
      expect(disk.log).to.deep.equal(['read 512+2048', 'read 512+2048']);
    });

    it('sends only the blocks that failed again, and adds up what succeeded when (N8, N13)', () => {
      const { disk, read } = setUp(strategy);
      disk.contents.fill(7);
      pages.set(new Uint8Array(4096));
      const request = read(4096, 1024);
      disk.only.fail('EIO', [{ offset: 512, length: 512 }, { offset: 2048, length: 100 }]); // prettier-ignore
      expect(disk.log.slice(1)).to.deep.equal(['read 1536+512', 'read 3072+512']);
      disk.pending[1]?.fail();
      disk.only.answer();
      expect(disk.log.slice(3)).to.deep.equal(['read 3072+512']);
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 4096]);
      expect(pages.bytes(0, 4096).every((byte) => byte === 7)).to.equal(true);
    });

    it('ends as the last attempt left it, with what any attempt transferred (I4, N13)', () => {
      const { disk, retry, read } = setUp(strategy);
      const request = read(2048);
      disk.only.fail('EIO', [{ offset: 512, length: 1536 }]);
      disk.only.fail('EIO', [{ offset: 512, length: 512 }]);
      disk.only.fail('ENOSPC');
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ENOSPC', 1536, [[0, 1024], [1536, 512]]]); // prettier-ignore
      expect(retry.retried).to.equal(2);
    });

    it('goes on with what came back short, and ends short when that is all there is', () => {
      const { disk, read } = setUp(strategy);
      const first = read(2048);
      disk.only.answer({ missing: [{ offset: 700, length: 1348 }] });
      expect(disk.log.slice(1)).to.deep.equal(['read 512+1536']);
      disk.only.answer();
      expect(outcomeOf(first)).to.deep.equal(['done', 2048]);
      const second = read(2048);
      for (let i = 0; i < 3; i++) disk.only.answer({ missing: [{ offset: 0, length: disk.only.length }] });
      expect(outcomeOf(second)).to.deep.equal(['done', 0]);
    });

    it('does not try again what is not worth it, nor what it was not told to', () => {
      const { disk, read } = setUp(strategy, { delaysMs: [0], codes: ['ENXIO'] });
      const [first, second] = [read(), read()];
      disk.pending[0]?.fail('EIO');
      disk.only.fail('ENXIO');
      disk.only.answer();
      expect([outcomeOf(first), outcomeOf(second)]).to.deep.equal([
        ['failed', 'EIO', 0, []],
        ['done', 2048],
      ]);
      const never = setUp(strategy, { delaysMs: [] });
      const third = never.read();
      never.disk.only.fail();
      expect(outcomeOf(third)).to.deep.equal(['failed', 'EIO', 0, []]);
    });

    it('tells of a flush that failed: another might vouch for what is lost (I7)', () => {
      const { disk, top } = setUp(strategy);
      const flush = top.flush();
      disk.only.fail();
      expect([disk.pending.length, outcomeOf(flush)]).to.deep.equal([0, ['failed', 'EIO', 0, []]]);
    });

    it('tries a write again with its flag', () => {
      const { disk, top } = setUp(strategy);
      const write = top.write(pages.range(0, 1024), { position: 0, fua: true });
      disk.only.fail('EIO', [{ offset: 512, length: 512 }]);
      expect([disk.only.position, disk.only.fua]).to.deep.equal([512, true]);
      disk.only.answer();
      expect(outcomeOf(write)).to.deep.equal(['done', 1024]);
    });

    it('waits before each further attempt for its time', () => {
      const { disk, read } = setUp(strategy, { delaysMs: [10, 100] });
      const request = read();
      disk.only.fail();
      clock.tick(9);
      expect(disk.pending.length).to.equal(0);
      clock.tick(1);
      disk.only.fail();
      clock.tick(99);
      expect(disk.pending.length).to.equal(0);
      clock.tick(1);
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 2048]);
    });

    it('never tries again after a cancel: the outcome stands (I5)', () => {
      const { disk, read } = setUp(strategy);
      const request = read();
      expect(request.cancel()).to.equal('requested');
      disk.only.fail('EIO', [{ offset: 512, length: 1536 }]);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 512, [[0, 512]]]);
      expect(disk.log.length).to.equal(1);
    });

    it('gives up to a cancel what waits for its next attempt, and tells what was transferred before (I5, N14)', () => {
      for (const missing of [512, 2048]) {
        const { disk, read } = setUp(strategy, { delaysMs: [10] });
        const request = read();
        disk.only.fail('EIO', [{ offset: 2048 - missing, length: missing }]);
        expect([request.cancel(), clock.countTimers()]).to.deep.equal(['cancelled', 0]);
        const left = 2048 - missing;
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', left, left === 0 ? [] : [[0, left]]]);
        expect(disk.log.length).to.equal(1);
      }
    });

    it('does not try again what a layer above has pulled from a queue (N14)', () => {
      const disk = new FaultyDevice({ strategy });
      const queue = new RequestQueue(disk, { depth: 1 });
      const retry = new Retry(new Stripe([queue], { chunk: 512 }), { delaysMs: [0], codes: ['EIO'] });
      const request = retry.read(pages.range(0, 1024), { position: 0 });
      request.cancel();
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 512, [[0, 512]]]);
      expect([disk.log.length, retry.retried]).to.deep.equal([1, 0]);
    });

    it('makes a device that often fails as good as one that never does', () => {
      const rules: FaultRule[] = [
        { kind: 'torn', rate: 0.2 },
        { kind: 'short', rate: 0.2 },
        { kind: 'error', rate: 0.2, range: { offset: 1536, length: 4096 } },
        { kind: 'error', rate: 0.1 },
      ];
      const random = new Random(seed);
      const disks = [0, 1].map(() => new FaultyDevice({ size: 8192, strategy, inline: true }));
      const faults = disks.map((disk, i) => new Fault(disk, { rules, seed: seed + i }));
      const top = new Retry(new Stripe(faults, { chunk: 1024 }), { delaysMs: new Array<number>(60).fill(0) });
      const model = new Uint8Array(top.size);
      for (let i = 0; i < 150; i++) {
        const length = (1 + random.below(16)) * 512;
        const position = random.below((top.size - length) / 512 + 1) * 512;
        if (random.chance(50)) {
          const data = Uint8Array.from({ length }, () => random.below(256));
          pages.set(data);
          model.set(data, position);
          expect(top.write(pages.range(0, length), { position }).value).to.equal(length);
        } else {
          pages.set(new Uint8Array(length).fill(0xee));
          expect(top.read(pages.range(0, length), { position }).value).to.equal(length);
          expect(Buffer.compare(pages.bytes(0, length), model.subarray(position, position + length))).to.equal(0);
        }
      }
      expect(top.retried).to.be.greaterThan(50);
    });
  });
}

describe('Retry', () => {
  describe('over a device that often fails', () => {
    deviceContract(
      'retry',
      ({ strategy, size }) => {
        const fault = new Fault(new MemoryDevice({ size, ...(strategy && { strategy }) }), { seed });
        const operations = ['read', 'write', 'writeZeroes'] as const;
        for (const kind of ['error', 'short', 'torn'] as const) fault.inject({ kind, rate: 0.2, operations });
        return new Retry(fault, { delaysMs: new Array<number>(60).fill(0) });
      },
      100,
    );
  });

  const refused: [name: string, options: RetryOptions, code: string][] = [
    ['a negative time', { delaysMs: [0, -1] }, 'ERR_DELAY'],
    ['to try again what was cancelled', { codes: ['EIO', 'ECANCELED'] }, 'ERR_CODES'],
  ];
  for (const [name, options, code] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => new Retry(new FaultyDevice(), options))
        .to.throw(RangeError)
        .with.property('code', code);
    });
  }

  it('waits 0, 10 and 100 ms by default', () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { disk, retry, read } = setUp(designs[0]!.strategy, {});
    const request = read();
    for (const ms of [0, 10, 100]) {
      disk.only.fail(ms === 0 ? 'ETIMEDOUT' : 'EIO');
      clock.tick(ms);
    }
    disk.only.fail();
    expect([outcomeOf(request)[1], retry.retried]).to.deep.equal(['EIO', 3]);
    clock.restore();
  });
});
