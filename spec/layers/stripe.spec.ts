import { expect } from 'chai';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { PagePool } from '../../lib/io/pages.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const pages = new PagePool().allocate(1 << 16);
const disk = (size: number, blockSize = 512): FaultyDevice => new FaultyDevice({ size, blockSize, inline: true });

describe('Stripe', () => {
  it('is as long as the whole chunks of its smallest member, times all', () => {
    expect(new Stripe([disk(10240), disk(5120 + 512), disk(8192)], { chunk: 1024 }).size).to.equal(5 * 1024 * 3);
    expect(new Stripe([disk(512), disk(8192)], { chunk: 1024 }).size).to.equal(0);
  });

  it('prefers whole stripes, of chunks of 64 KiB unless told otherwise', () => {
    const stripe = new Stripe([disk(1 << 17), disk(1 << 17)]);
    expect([stripe.chunk, stripe.geometry.preferredSize, stripe.name]).to.deep.equal([65536, 131072, 'stripe']);
  });

  const cases: [name: string, position: number, length: number, logs: string[][]][] = [
    ['within a chunk', 1536, 512, [[], ['read 512+512'], []]],
    ['a whole chunk', 3072, 1024, [['read 1024+1024'], [], []]],
    ['the last chunk', 11264, 1024, [[], [], ['read 3072+1024']]],
    ['from the middle of one to the middle of the next', 512, 1024, [['read 512+512'], ['read 0+512'], []]],
    ['more than one round', 2560, 3072, [['read 1024+1024'], ['read 1024+1024'], ['read 512+512', 'read 1024+512']]],
  ];
  for (const [name, position, length, logs] of cases) {
    it(`maps ${name}`, () => {
      const disks = [disk(4096), disk(4096), disk(4096)];
      const stripe = new Stripe(disks, { chunk: 1024 });
      expect(stripe.read(pages.range(0, length), { position }).value).to.equal(length);
      expect(disks.map(({ log }) => log)).to.deep.equal(logs);
    });
  }

  it('flushes every member (I7)', () => {
    const disks = [disk(4096), disk(4096)];
    new Stripe(disks, { chunk: 512 }).flush();
    expect(disks.map(({ log }) => log)).to.deep.equal([['flush 0+0'], ['flush 0+0']]);
  });

  it('refuses to stand on nothing (I6)', () => {
    expect(() => new Stripe([]))
      .to.throw(ArgumentError, 'Stripe needs')
      .with.property('code', 'ERR_MEMBERS');
  });

  for (const chunk of [0, -512, 100, 512, NaN]) {
    it(`refuses a chunk of ${String(chunk)} on blocks of 1024 (I6)`, () => {
      expect(() => new Stripe([disk(4096), disk(4096, 1024)], { chunk }))
        .to.throw(
          ArgumentRangeError,
          `chunk must be a positive multiple of the members' block size, 1024, got ${String(chunk)}`,
        )
        .with.property('code', 'ERR_CHUNK');
    });
  }
});
