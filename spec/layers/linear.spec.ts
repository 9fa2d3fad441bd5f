import { expect } from 'chai';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { PagePool } from '../../lib/io/pages.js';
import { Linear } from '../../lib/layers/linear.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const pages = new PagePool().allocate(1 << 16);
const disk = (size: number, name = 'disk', blockSize = 512): FaultyDevice =>
  new FaultyDevice({ size, name, blockSize, inline: true });

describe('Linear', () => {
  const [a, b] = [disk(2048, 'a'), disk(4096, 'b')];
  const linear = new Linear([
    a,
    { device: b, start: 1024, length: 1024 },
    { device: a, start: 512, length: 512 },
    { device: b, start: 3072 },
  ]);

  it('is as long as its segments together, and stands on each device once', () => {
    expect([linear.size, linear.lowers, linear.name]).to.deep.equal([2048 + 1024 + 512 + 1024, [a, b], 'linear']);
  });

  const cases: [name: string, position: number, length: number, a: string[], b: string[]][] = [
    ['within the first segment', 512, 1024, ['read 512+1024'], []],
    ['to the end of a segment', 1024, 1024, ['read 1024+1024'], []],
    ['from the beginning of a segment', 2048, 512, [], ['read 1024+512']],
    ['the last block', 4096, 512, [], ['read 3584+512']],
    ['across two', 1536, 1024, ['read 1536+512'], ['read 1024+512']],
    ['all of it', 0, 4608, ['read 0+2048', 'read 512+512'], ['read 1024+1024', 'read 3072+1024']],
  ];
  for (const [name, position, length, onA, onB] of cases) {
    it(`maps ${name}`, () => {
      a.log.length = b.log.length = 0;
      expect(linear.read(pages.range(0, length), { position }).value).to.equal(length);
      expect([a.log, b.log]).to.deep.equal([onA, onB]);
    });
  }

  it('flushes every device once (I7)', () => {
    a.log.length = b.log.length = 0;
    linear.flush();
    expect([a.log, b.log]).to.deep.equal([['flush 0+0'], ['flush 0+0']]);
  });

  it('has the larger block of its devices, and a preferred size of whole blocks of it', () => {
    const odd = new Stripe([disk(4608), disk(4608), disk(4608)], { chunk: 1536 });
    const { blockSize, preferredSize } = new Linear([{ device: odd, length: 4096 }, disk(8192, 'd', 4096)]).geometry;
    expect([odd.geometry.preferredSize, blockSize, preferredSize]).to.deep.equal([4608, 4096, 8192]);
  });

  it('refuses to stand on nothing (I6)', () => {
    expect(() => new Linear([]))
      .to.throw(ArgumentError, 'Linear needs at least one device, got none')
      .with.property('code', 'ERR_MEMBERS');
  });

  const refused: [name: string, segment: ConstructorParameters<typeof Linear>[0][number], got: string][] = [
    ['begins before its device', { device: a, start: -512 }, 'start -512, length 2560'],
    ['is not aligned', { device: a, start: 100 }, 'start 100, length 1948'],
    ['has half a block', { device: a, length: 700 }, 'start 0, length 700'],
    ['ends behind its device', { device: a, start: 1024, length: 1536 }, 'start 1024, length 1536'],
    ['is empty', { device: a, length: 0 }, 'start 0, length 0'],
    ['begins at the end', { device: a, start: 2048 }, 'start 2048, length 0'],
    ['is no number', { device: a, length: NaN }, 'start 0, length NaN'],
    ['is of a device that has no whole large block', disk(512, 'a'), 'start 0, length 512'],
  ];
  for (const [name, segment, got] of refused) {
    it(`refuses a segment that ${name} (I6)`, () => {
      expect(() => new Linear([segment, disk(8192, 'large', got === 'start 0, length 512' ? 4096 : 512)]))
        .to.throw(ArgumentRangeError, new RegExp(`of a, got ${got}$`))
        .with.property('code', 'ERR_SEGMENT');
    });
  }
});
