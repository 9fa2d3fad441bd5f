import { expect } from 'chai';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { Fault, type FaultOptions } from '../../lib/layers/fault.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

function setUp(strategy: Strategy, options: FaultOptions = {}, inline = true) {
  const disk = new FaultyDevice({ size: 1 << 16, strategy, inline });
  const fault = new Fault(disk, options);
  const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);
  const read = (length = 4096, position = 0): IoRequest => fault.read(pages.range(0, length), { position });
  const write = (length = 4096, position = 0): IoRequest => fault.write(pages.range(0, length), { position });
  return { disk, fault, pages, read, write };
}

for (const { strategy } of designs) {
  describe(`Fault under ${strategy.name}`, () => {
    it('passes on what no rule applies to', () => {
      const { disk, fault, read, write } = setUp(strategy, {
        rules: [{ kind: 'error', operations: ['read'], range: { offset: 8192, length: 512 } }],
      });
      expect([outcomeOf(read()), outcomeOf(write(512, 8192)), outcomeOf(fault.flush())]).to.deep.equal([
        ['done', 4096],
        ['done', 512],
        ['done', 0],
      ]);
      expect([disk.log, fault.counts.error]).to.deep.equal([['read 0+4096', 'write 8192+512', 'flush 0+0'], 0]);
    });

    it('fails the bytes of a range with the code of the rule, and carries out the rest (I4, N13)', () => {
      const { disk, fault, read } = setUp(strategy, {
        rules: [{ kind: 'error', code: 'ENOSPC', range: { offset: 1024, length: 512 } }],
      });
      expect(outcomeOf(read())).to.deep.equal(['failed', 'ENOSPC', 3584, [[0, 1024], [1536, 2560]]]); // prettier-ignore
      expect(outcomeOf(read(512, 1024))).to.deep.equal(['failed', 'ENOSPC', 0, []]);
      expect([disk.log, fault.counts.error]).to.deep.equal([['read 0+1024', 'read 1536+2560'], 2]);
    });

    it('fails operations without data, and sends nothing', () => {
      const { disk, fault } = setUp(strategy, { rules: [{ kind: 'error', operations: ['flush', 'discard'] }] });
      expect(outcomeOf(fault.flush())).to.deep.equal(['failed', 'EIO', 0, []]);
      expect(outcomeOf(fault.discard(512, { position: 0 }))).to.deep.equal(['failed', 'EIO', 0, []]);
      expect(disk.log).to.deep.equal([]);
    });

    it('does not hide what fails below in the rest of the request (I4)', () => {
      const { disk, read } = setUp(
        strategy,
        { rules: [{ kind: 'error', range: { offset: 1024, length: 512 } }] },
        false,
      );
      const request = read();
      disk.pending[0]?.answer();
      disk.only.fail('ENXIO');
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ENXIO', 1024, [[0, 1024]]]);
    });

    it('ends a request short, in whole blocks, without an error', () => {
      const { disk, fault, read, write } = setUp(strategy, { rules: [{ kind: 'short' }], seed: 3 });
      for (const request of [read(), write(), read(), read(512)]) {
        expect(request.state).to.equal('done');
        expect(request.value).to.be.lessThan(request.length);
        expect(request.value % 512).to.equal(0);
      }
      expect(outcomeOf(fault.flush())).to.deep.equal(['done', 0]);
      expect([disk.log.at(-1), fault.counts.short]).to.deep.equal(['flush 0+0', 4]);
    });

    it('keeps what hangs from a cancel, and lets it go on a call (I5, N14)', () => {
      const { disk, fault, pages, read } = setUp(strategy, { rules: [{ kind: 'hang', times: 2 }] });
      const [first, second, third] = [read(512), read(512, 512), read(512, 1024)];
      expect([first.state, second.state, third.state, fault.hanging]).to.deep.equal(['pending', 'pending', 'done', 2]);
      expect([first.cancel(), first.state, pages.pinned]).to.deep.equal(['requested', 'pending', true]);
      expect(fault.letGo('ENXIO')).to.equal(2);
      expect([outcomeOf(first), outcomeOf(second)]).to.deep.equal([
        ['failed', 'ENXIO', 0, []],
        ['failed', 'ENXIO', 0, []],
      ]);
      expect([fault.hanging, fault.letGo(), disk.log]).to.deep.equal([0, 0, ['read 1024+512']]);
    });

    it('sends what it lets go on to the device, in order', () => {
      const { disk, fault, read } = setUp(strategy, { rules: [{ kind: 'hang' }] });
      const requests = [read(512), read(512, 512)];
      expect(fault.letGo()).to.equal(2);
      expect([requests.map((each) => each.value), disk.log]).to.deep.equal([
        [512, 512],
        ['read 0+512', 'read 512+512'],
      ]);
    });

    it('tears a write: blocks of it reach the device, none is told of', () => {
      const { disk, fault, pages, read, write } = setUp(strategy, { rules: [{ kind: 'torn', code: 'ENXIO' }] });
      pages.set(new Uint8Array(4096).fill(7));
      for (let i = 1; i <= 8; i++) {
        disk.contents.fill(0);
        expect(outcomeOf(write())).to.deep.equal(['failed', 'ENXIO', 0, []]);
        const blocks = Array.from({ length: 8 }, (_, at) => disk.contents.slice(at * 512, (at + 1) * 512));
        expect(blocks.every((block) => block.every((byte) => byte === block[0]))).to.equal(true);
        expect(blocks.some((block) => block[0] === 0)).to.equal(true);
        expect(fault.counts.torn).to.equal(i);
      }
      expect(outcomeOf(read())).to.deep.equal(['done', 4096]);
    });

    it('tears a write silently when it is asked to: a lie that only a checksum finds', () => {
      const { disk, pages, write } = setUp(strategy, { rules: [{ kind: 'torn', silent: true }] });
      pages.set(new Uint8Array(4096).fill(7));
      expect(outcomeOf(write())).to.deep.equal(['done', 4096]);
      expect(disk.contents.subarray(0, 4096).includes(0)).to.equal(true);
    });

    it('makes the same faults again for the same seed, about as often as the rate says', () => {
      const run = (seed: number): string => {
        const { read } = setUp(strategy, { rules: [{ kind: 'error', rate: 0.25 }], seed });
        return Array.from({ length: 200 }, () => (read(512).state === 'done' ? '.' : 'x')).join('');
      };
      expect(run(5)).to.equal(run(5));
      expect(run(5)).not.to.equal(run(6));
      expect(run(5).replaceAll('.', '').length).to.be.within(25, 80);
    });

    it('judges by the first rule that applies, until it is spent, taken away or all are', () => {
      const { fault, read } = setUp(strategy);
      fault.inject({ kind: 'error', code: 'ENXIO', times: 1 });
      const takeAway = fault.inject({ kind: 'error', code: 'ENOSPC' });
      fault.inject({ kind: 'error', code: 'EROFS' });
      const code = (): unknown => outcomeOf(read())[1];
      const codes = [code(), code()];
      takeAway();
      codes.push(code());
      fault.heal();
      codes.push(code());
      expect(codes).to.deep.equal(['ENXIO', 'ENOSPC', 'EROFS', 4096]);
    });

    it('is one of several below a split: the parts keep their ranges (N13)', () => {
      const disks = [new FaultyDevice({ strategy, inline: true }), new FaultyDevice({ strategy, inline: true })];
      const [first, second] = disks.map((disk) => new Fault(disk, { rules: [] })) as [Fault, Fault];
      second.inject({ kind: 'error', range: { offset: 512, length: 512 } });
      const stripe = new Stripe([first, second], { chunk: 1024 });
      const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(4096);
      const request = stripe.read(pages, { position: 0 });
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 3584, [[0, 1536], [2048, 2048]]]); // prettier-ignore
    });
  });
}

describe('Fault', () => {
  const disk = new FaultyDevice();
  const refused: [name: string, options: FaultOptions, code: string][] = [
    ['a rate above 1', { rules: [{ kind: 'error', rate: 1.5 }] }, 'ERR_RATE'],
    ['a rate that is no number', { rules: [{ kind: 'error', rate: NaN }] }, 'ERR_RATE'],
    ['a negative number of times', { rules: [{ kind: 'error', times: -1 }] }, 'ERR_TIMES'],
    ['silence of what is no torn write', { rules: [{ kind: 'short', silent: true }] }, 'ERR_RULE'],
    ['a code of what fails nothing', { rules: [{ kind: 'hang', code: 'EIO' }] }, 'ERR_RULE'],
    ['half a time', { rules: [{ kind: 'error', times: 0.5 }] }, 'ERR_TIMES'],
    ['a seed that is not whole', { seed: 0.5 }, 'ERR_SEED'],
  ];
  for (const [name, options, code] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => new Fault(disk, options))
        .to.throw(RangeError)
        .with.property('code', code);
    });
  }
});
