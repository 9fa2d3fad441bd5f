import { expect } from 'chai';
import { ArgumentError, ArgumentRangeError, StateError } from '../../lib/wait/errors.js';
import { BlockDevice } from '../../lib/io/device.js';
import { checkGeometry, checkMemory, checkRequest, checkStack } from '../../lib/io/gate.js';
import type { Operation } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import { joinPages } from '../../lib/io/join-pages.js';
import { PagePool } from '../../lib/io/pages.js';
import { Linear } from '../../lib/layers/linear.js';
import { Pass } from '../../lib/layers/pass.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

type Refusal = [
  name: string,
  call: () => unknown,
  kind: new (...given: never[]) => Error,
  code: string,
  message: RegExp,
];

const pool = new PagePool();
const pages = pool.allocate(4096);
const disk = new FaultyDevice({ size: 8192, operations: ['read', 'write', 'flush'] });

function refuses(cases: readonly Refusal[]): void {
  for (const [name, call, kind, code, message] of cases) {
    it(`refuses ${name} with ${code} before anything is submitted (I6)`, () => {
      expect(call).to.throw(kind, message).with.property('code', code);
      expect([disk.started, disk.log, pages.pinned]).to.deep.equal([0, [], false]);
    });
  }
}

describe('checkRequest', () => {
  const at = (position: unknown) => ({ position: position as number });
  refuses([
    ['an unknown operation', () => checkRequest(disk, 'erase' as Operation, 0, 512), ArgumentError, 'ERR_OPERATION', /^operation must be one of read, write, flush, discard, writeZeroes, got erase$/],
    ['a negative position', () => disk.read(pages, at(-512)), ArgumentRangeError, 'ERR_ALIGNMENT', /^position must be a whole multiple of the block size of disk, 512, got -512$/],
    ['an unaligned position', () => disk.write(pages, at(100)), ArgumentRangeError, 'ERR_ALIGNMENT', /^position .* 512, got 100$/],
    ['a position that is no number', () => disk.read(pages, at('0')), ArgumentRangeError, 'ERR_ALIGNMENT', /^position .* got 0$/],
    ['no position', () => disk.read(pages, at(undefined)), ArgumentRangeError, 'ERR_ALIGNMENT', /^position .* got undefined$/],
    ['NaN as position', () => disk.read(pages, at(NaN)), ArgumentRangeError, 'ERR_ALIGNMENT', /got NaN$/],
    ['a position beyond whole numbers', () => disk.read(pages, at(2 ** 60)), ArgumentRangeError, 'ERR_ALIGNMENT', /got 1152921504606847000$/],
    ['an unaligned length', () => disk.read(pages.range(0, 100), at(0)), ArgumentRangeError, 'ERR_ALIGNMENT', /^length must be a whole multiple of the block size of disk, 512, got 100$/],
    ['a length that is not whole', () => disk.writeZeroes(0.5, at(0)), ArgumentRangeError, 'ERR_ALIGNMENT', /^length .* got 0.5$/],
    ['a range past the end', () => disk.read(pages, at(4608)), ArgumentRangeError, 'ERR_PAST_END', /^position \+ length must not pass the end of disk at 8192, got 4608 \+ 4096$/],
    ['an operation that the device cannot do', () => disk.discard(512, at(0)), IoError, 'EOPNOTSUPP', /disk does not support discard$/],
    ['one that a member cannot do', () => new Pass(new Stripe([disk], { chunk: 512 })).writeZeroes(512, at(0)), IoError, 'EOPNOTSUPP', /pass does not support writeZeroes$/],
    ['an impossible timeout', () => disk.read(pages, { position: 0, timeoutMs: -1 }), ArgumentRangeError, 'ERR_DELAY', /^timeoutMs must be .* got -1$/],
    ['NaN as timeout', () => disk.read(pages, { position: 0, timeoutMs: NaN }), ArgumentRangeError, 'ERR_DELAY', /got NaN$/],
  ]); // prettier-ignore

  const aligned = new Pass(new Stripe([disk, new FaultyDevice({ memoryAlignment: 512 })], { chunk: 512 }), {
    name: 'top',
  });
  refuses([
    ['memory that a device below cannot take', () => aligned.read(pages.range(256, 512), at(0)), ArgumentRangeError, 'ERR_ALIGNMENT', /^offset of the range must be a whole multiple of the memory alignment of top, 512, got 256$/],
    ['memory that was joined of pieces it cannot take', () => aligned.read(joinPages([pages.range(256, 256), pages.range(0, 256)]).range(), at(0)), ArgumentRangeError, 'ERR_ALIGNMENT', /^start of a joined run must be a whole multiple of the memory alignment of top, 512, got \d+$/],
    ['the same of a write', () => aligned.write(pages.range(100, 512), at(0)), ArgumentRangeError, 'ERR_ALIGNMENT', /512, got 100$/],
  ]); // prettier-ignore

  it('lets through what fits to the last byte', () => {
    checkRequest(disk, 'read', 4096, 4096);
    checkRequest(disk, 'read', 8192, 0);
  });
});

describe('checkMemory', () => {
  const freed = pool.allocate(4096);
  const part = freed.range(0, 512);
  freed.free();
  const odd = (range: unknown) => () => disk.read(range as never, { position: 0 });
  refuses([
    ['bytes that are no pages', odd(new Uint8Array(512)), ArgumentError, 'ERR_RANGE', /^range must be a PageVector or a range of one, got a Uint8Array$/],
    ['nothing', odd(undefined), ArgumentError, 'ERR_RANGE', /got undefined$/],
    ['null', odd(null), ArgumentError, 'ERR_RANGE', /got null$/],
    ['a number', odd(512), ArgumentError, 'ERR_RANGE', /got 512$/],
    ['a range of other things', odd({ pages: new Uint8Array(512), offset: 0, length: 512 }), ArgumentError, 'ERR_RANGE', /got one of a Uint8Array$/],
    ['a range beyond its vector', odd({ pages, offset: 4096, length: 512 }), ArgumentRangeError, 'ERR_RANGE', /offset 4096, length 512$/],
    ['a range before its vector', odd({ pages, offset: -512, length: 512 }), ArgumentRangeError, 'ERR_RANGE', /offset -512, length 512$/],
    ['pages that were freed', odd(freed), StateError, 'ERR_FREED', /^range must be of pages in use, got pages that were freed$/],
    ['a range of freed pages', odd(part), StateError, 'ERR_FREED', /freed$/],
  ]); // prettier-ignore

  it('takes a vector as a range of all of it', () => {
    expect(checkMemory(pages)).to.deep.equal(pages.range());
  });

  it('refuses freed pages also while a request that was timed out keeps them back (I9)', () => {
    const vector = pool.allocate(4096);
    vector.pin();
    vector.free();
    expect(() => checkMemory(vector)).to.throw(StateError);
    vector.unpin();
  });
});

describe('checkStack', () => {
  const cycle = (devices: BlockDevice[]): void => {
    for (const [i, device] of devices.entries()) {
      (device as unknown as { lowers: BlockDevice[] }).lowers = [devices[(i + 1) % devices.length] as BlockDevice];
    }
  };

  for (const length of [1, 2, 5]) {
    it(`refuses a cycle of ${String(length)} before anything is submitted, at every request (I6)`, () => {
      const devices = Array.from({ length }, (_, i) => new Pass(disk, { name: `layer ${String(i)}` }));
      cycle(devices);
      const top = new Pass(devices[0] as Pass);
      for (let again = 0; again < 2; again++) {
        expect(() => top.read(pages, { position: 0 }))
          .to.throw(ArgumentError, 'layer 0 stands on itself; a stack must have a bottom')
          .with.property('code', 'ERR_DEVICE_CYCLE');
      }
      expect([top.started, disk.log]).to.deep.equal([0, []]);
    });
  }

  it('lets a device be stood on by several, also twice by one', () => {
    const left = new Pass(disk);
    checkStack(new Stripe([new Stripe([left, disk], { chunk: 512 }), new Pass(left), disk, disk], { chunk: 512 }));
  });

  it('looks at each device once, however many ways lead to it', () => {
    let top: BlockDevice = disk;
    for (let i = 0; i < 60; i++)
      top = new Linear([
        { device: top, length: 512 },
        { device: top, length: 512 },
      ]);
    checkStack(top);
  });
});

describe('checkGeometry', () => {
  const sound = { size: 4096, blockSize: 512, preferredSize: 1024 };
  const geometry = (change: object) => () => checkGeometry('disk', { ...sound, ...change });
  refuses([
    ['a block size of 0', geometry({ blockSize: 0 }), ArgumentRangeError, 'ERR_BLOCK_SIZE', /^blockSize of disk must be a power of two, got 0$/],
    ['a negative block size', geometry({ blockSize: -512 }), ArgumentRangeError, 'ERR_BLOCK_SIZE', /got -512$/],
    ['a block size that is no power of two', geometry({ blockSize: 768 }), ArgumentRangeError, 'ERR_BLOCK_SIZE', /got 768$/],
    ['a size of half blocks', geometry({ size: 4100 }), ArgumentRangeError, 'ERR_GEOMETRY', /^size of disk must be a whole multiple of its block size, 512, got 4100$/],
    ['a negative size', geometry({ size: -512 }), ArgumentRangeError, 'ERR_GEOMETRY', /got -512$/],
    ['no size', geometry({ size: undefined }), ArgumentRangeError, 'ERR_GEOMETRY', /got undefined$/],
    ['memory aligned to no part of a page', () => checkGeometry('disk', sound, 384), ArgumentRangeError, 'ERR_GEOMETRY', /^memoryAlignment of disk must divide the page size, 4096, and its block size, 512, got 384$/],
    ['memory aligned better than pieces of whole blocks', () => checkGeometry('disk', sound, 1024), ArgumentRangeError, 'ERR_GEOMETRY', /got 1024$/],
    ['memory aligned to nothing', () => checkGeometry('disk', sound, 0), ArgumentRangeError, 'ERR_GEOMETRY', /got 0$/],
    ['a preferred size of half blocks', geometry({ preferredSize: 100 }), ArgumentRangeError, 'ERR_GEOMETRY', /^preferredSize of disk .* got 100$/],
  ]); // prettier-ignore

  it('lets an empty device be, and blocks of one byte', () => {
    geometry({ size: 0 })();
    geometry({ size: 7, blockSize: 1, preferredSize: 3 })();
  });
});
