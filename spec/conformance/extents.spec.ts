import { expect } from 'chai';
import {
  Cache,
  Checksum,
  Crypt,
  Delay,
  Fault,
  Linear,
  loop,
  Mirror,
  NullDevice,
  Parity,
  Pass,
  PagePool,
  ReadAhead,
  RequestQueue,
  Retry,
  Stripe,
  Throttle,
  Trace,
  Unaligned,
  Zeroing,
  type BlockDevice,
} from '../../lib/io/index.js';
import { KnownDevice, lettersOf } from './known-device.js';

const pool = new PagePool();
const LETTERS = 'ddhhzz?dhd';
const SIZE = 512 * LETTERS.length;

/** All that a device tells of its bytes, asked on and on from where the last answer has ended. */
async function all(device: BlockDevice, from = 0, to = device.size): Promise<string> {
  let letters = '';
  for (let at = from; at < to; at = from + 512 * letters.length) {
    letters += lettersOf(await device.extents(at, to - at));
  }
  return letters;
}

describe('extents of a stack', () => {
  const passing: Record<string, (lower: BlockDevice) => BlockDevice> = {
    Pass: (lower) => new Pass(lower),
    RequestQueue: (lower) => new RequestQueue(lower, { depth: 1 }),
    Delay: (lower) => new Delay(lower, { delayMs: 1000 }),
    Retry: (lower) => new Retry(lower),
    Throttle: (lower) => new Throttle(lower, { operationsPerSecond: 1 }),
    Trace: (lower) => new Trace(lower),
    ReadAhead: (lower) => new ReadAhead(lower, { pool }),
    Unaligned: (lower) => new Unaligned(lower, { pool }),
    Zeroing: (lower) => new Zeroing(lower, { pool }),
    'Cache, through': (lower) => new Cache(lower, { pool, lines: 2 }),
    Linear: (lower) => new Linear([lower]),
    Stripe: (lower) => new Stripe([lower], { chunk: 512 }),
  };
  for (const [name, make] of Object.entries(passing)) {
    it(`are those of the device below, through ${name} (I14)`, async () => {
      const device = make(new KnownDevice(LETTERS));
      expect(await all(device)).to.equal(LETTERS);
      expect(await all(device, 1024, 3584)).to.equal(LETTERS.slice(2, 7));
      await device.close();
    });
  }

  const opaque: Record<string, (lower: BlockDevice) => BlockDevice | Promise<BlockDevice>> = {
    Crypt: (lower) => new Crypt(lower, { pool, key: Uint8Array.from({ length: 64 }, (_, i) => i) }),
    Checksum: (lower) => new Checksum(lower, { pool }),
    'Cache, back': (lower) => new Cache(lower, { pool, lines: 2, mode: 'back' }),
    Fault: (lower) => new Fault(lower),
    Parity: (lower) => Parity.create([lower, holes(), holes()], { pool, chunk: 4096 }),
  };
  for (const [name, make] of Object.entries(opaque)) {
    it(`are not known through ${name}: holes below are something else above (I14)`, async () => {
      const device = await make(holes());
      expect(await all(device)).to.match(/^d+$/);
      await device.close();
    });
  }

  const holes = (): KnownDevice => new KnownDevice('h'.repeat(256));

  it('are told by each segment of a Linear, from where it begins (I14)', async () => {
    const [a, b] = [new KnownDevice('dhd'), new KnownDevice('zzhd')];
    const linear = new Linear([a, { device: b, start: 512, length: 1024 }, { device: a, start: 512, length: 512 }]);
    expect(await all(linear)).to.equal('dhdzhh');
    expect(await all(linear, 1024, 2048)).to.equal('dz');
    expect(await all(loop(b, [{ start: 1536, length: 512 }, { start: 0, length: 512 }]))).to.equal('dz'); // prettier-ignore
  });

  it('are dealt out by a Stripe as its chunks are (I14)', async () => {
    const members = ['dhdh', 'zzhh', '??dd'].map((letters) => new KnownDevice(letters));
    const stripe = new Stripe(members, { chunk: 1024 });
    const whole = 'dhzz??dhhhdd';
    expect(await all(stripe)).to.equal(whole);
    for (let from = 0; from < 12; from++) {
      for (let to = from + 1; to <= 12; to++) {
        expect(await all(stripe, 512 * from, 512 * to), `${from} to ${to}`).to.equal(whole.slice(from, to));
      }
    }
  });

  it('are of a Mirror what holds of all members in sync (I14)', async () => {
    const head = 'd'.repeat(16);
    const members = ['hhhh', 'hzdd', 'dddd'].map((letters) => new KnownDevice(head + letters + 'd'.repeat(236)));
    const mirror = await Mirror.create(members, { pool, assumeEqual: true });
    expect((await all(mirror)).slice(0, 4)).to.equal('dddd');
    await mirror.fail(2);
    expect((await all(mirror)).slice(0, 4)).to.equal('hzdd');
    await mirror.close();
  });

  it('stop where a member does not tell more, and go on from there (I14)', async () => {
    class Terse extends KnownDevice {
      protected override knownExtents(position: number, length: number) {
        return super.knownExtents(position, Math.min(length, 512));
      }
    }
    const terse = (): KnownDevice => new Terse('dhd');
    expect(await all(new Linear([terse(), terse()]))).to.equal('dhddhd');
    expect(await all(new Stripe([terse(), terse()], { chunk: 512 }))).to.equal('ddhhdd');
  });

  it('are asked through a stack of any depth (I2, I14)', async () => {
    let device: BlockDevice = new KnownDevice('dh');
    for (let i = 0; i < 20_000; i++) device = new Pass(device);
    expect(await all(device)).to.equal('dh');
  });

  it('are refused of bytes that there are not, and of a device that is closed (I6)', async () => {
    const device = new KnownDevice(LETTERS);
    const wrong: [number, number][] = [[0, 0], [-1, 1], [SIZE, 1], [1, SIZE], [0.5, 1], [0, NaN], [0, 2 ** 60]]; // prettier-ignore
    for (const [position, length] of wrong) {
      const error: unknown = await device.extents(position, length).catch((reason: unknown) => reason);
      expect(error, String(position)).to.have.property('code', 'ERR_EXTENT');
    }
    await device.close();
    expect(await device.extents(0, 1).catch((reason: unknown) => reason)).to.have.property('code', 'ERR_CLOSED');
    expect(device.asked).to.deep.equal([]);
  });

  it('are one that is allocated, where a device says nothing (I14)', async () => {
    class Mute extends NullDevice {
      protected override knownExtents = () => [];
    }
    for (const device of [new NullDevice(), new Mute()]) {
      expect(await device.extents(7, 9)).to.deep.equal([{ length: 9, allocated: true, zero: false }]);
    }
  });
});
