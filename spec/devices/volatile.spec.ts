import { expect } from 'chai';
import { leaves } from '../leaks.js';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { VolatileDevice, type VolatileOptions } from '../../lib/devices/volatile.js';
import { Pass } from '../../lib/layers/pass.js';
import { deviceContract } from '../conformance/device-contract.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const SIZE = 8192;
const SEEDS = 60;

function setUp(strategy: Strategy, options: Partial<VolatileOptions> = {}) {
  const device = new VolatileDevice({ size: SIZE, strategy, ...options });
  const top = new Pass(device);
  const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);
  let at = 0;
  const write = (value: number, position: number, length = 512, fua = false): IoRequest => {
    // A place of its own for each, since a write's pages must not change until it settles.
    pages.set(new Uint8Array(length).fill(value), (at += length));
    return top.write(pages.range(at, length), { position, fua });
  };
  return { device, top, pages, write };
}

/** The first byte of each sector. */
function sectorsOf({ contents }: VolatileDevice, count: number, size = 512): number[] {
  return Array.from({ length: count }, (_, i) => contents[i * size] as number);
}

describe('VolatileDevice.powerLossOfAll', () => {
  it('fails nothing before power is gone on all, so that nobody acts on it', async () => {
    const devices = [0, 1].map(() => new VolatileDevice({ size: SIZE, deferred: true }));
    const [first, second] = devices as [VolatileDevice, VolatileDevice];
    const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(512);
    const write = first.write(pages.range(0, 512), { position: 0 });
    const codeOf = (request: IoRequest): Promise<unknown> =>
      request.promise().catch((error: unknown) => (error as { code: string }).code);
    let reaction: Promise<unknown> = Promise.resolve(null);
    write.notify(() => {
      reaction = codeOf(second.write(pages.range(0, 512), { position: 0 }));
    });
    VolatileDevice.powerLossOfAll(devices, 1);
    expect([await codeOf(write), await reaction]).to.deep.equal(['ENXIO', 'ENXIO']);
    expect(devices.every((device) => device.lostPower)).to.equal(true);
    expect(() => {
      VolatileDevice.powerLossOfAll(devices, 1);
    }).to.throw('lost power before');
  });
});

for (const { strategy } of designs) {
  describe(`VolatileDevice under ${strategy.name}`, () => {
    it('reads what was written, stable or not', () => {
      const { top, pages, write } = setUp(strategy);
      write(7, 512, 1024);
      top.writeZeroes(512, { position: 1024 });
      expect(outcomeOf(top.read(pages.range(0, 2048), { position: 0 }))).to.deep.equal(['done', 2048]);
      expect([0, 512, 1024, 1536].map((i) => pages.bytes(i, 1)[0])).to.deep.equal([0, 7, 0, 0]);
    });

    it('keeps what was flushed, and what was written with fua, whatever the seed (I7)', () => {
      for (let seed = 0; seed < SEEDS; seed++) {
        const { device, top, write } = setUp(strategy);
        write(1, 0);
        write(2, 512);
        write(3, 1024, 512, true);
        top.flush();
        write(9, 1536);
        write(4, 2048);
        // What is stable is not undone by what was cached before.
        write(5, 2048, 512, true);
        expect(device.unstableSectors).to.equal(1);
        device.powerLoss(seed);
        expect(sectorsOf(device.reopened(), 3)).to.deep.equal([1, 2, 3]);
        expect(device.reopened().contents[2048]).to.equal(5);
      }
    });

    it('loses, keeps or tears what was not flushed: each sector holds one of the writes', () => {
      const seen = new Set<string>();
      for (let seed = 0; seed < SEEDS; seed++) {
        const { device, top, write } = setUp(strategy);
        write(1, 0, 1024);
        top.flush();
        write(2, 0, 1024);
        write(3, 512, 512);
        device.powerLoss(seed);
        seen.add(sectorsOf(device.reopened(), 2).join(''));
      }
      expect([...seen].sort()).to.deep.equal(['11', '12', '13', '21', '22', '23']);
    });

    it('tears within a block when its sectors are smaller', () => {
      const seen = new Set<string>();
      for (let seed = 0; seed < SEEDS; seed++) {
        const { device, write } = setUp(strategy, { blockSize: 1024, sectorSize: 256 });
        write(1, 0, 1024);
        device.powerLoss(seed);
        seen.add(sectorsOf(device.reopened(), 4, 256).join(''));
      }
      expect(seen.size).to.be.greaterThan(6);
    });

    it('leaves the same for the same seed', () => {
      const left = (seed: number): Uint8Array => {
        const { device, write } = setUp(strategy);
        for (let i = 0; i < 8; i++) write(i + 1, i * 256 - ((i * 256) % 512), 1024);
        device.powerLoss(seed);
        return device.reopened().contents;
      };
      expect(Buffer.compare(left(3), left(3))).to.equal(0);
      expect(Buffer.compare(left(3), left(4))).not.to.equal(0);
    });

    it('fails what is in flight, whose data may have survived, and all that comes later', () => {
      const seen = new Set<number>();
      for (let seed = 0; seed < SEEDS; seed++) {
        const { device, top, pages, write } = setUp(strategy, { deferred: true });
        const requests = [write(1, 0), top.read(pages.range(0, 512), { position: 0 }), top.flush()];
        expect([device.inFlight, requests.every(({ state }) => state === 'pending')]).to.deep.equal([3, true]);
        device.powerLoss(seed);
        requests.push(write(2, 0), top.flush());
        for (const request of requests) expect(outcomeOf(request)).to.deep.equal(['failed', 'ENXIO', 0, []]);
        expect(pages.pinned).to.equal(false);
        seen.add(device.reopened().contents[0] as number);
      }
      expect([...seen].sort()).to.deep.equal([0, 1]);
    });

    it('never answers what is in flight when it goes silently; a timeout tells the caller (I9)', async () => {
      const { device, top, pages } = setUp(strategy, { deferred: true });
      const request = top.read(pages.range(0, 512), { position: 0, timeoutMs: 1 });
      device.powerLoss(1, { silent: true });
      expect(request.state).to.equal('pending');
      expect(await request.promise().catch((error: unknown) => error)).to.have.property('code', 'ETIMEDOUT');
      expect(pages.pinned).to.equal(true);
      leaves('a request that is never answered, and its pages');
    });

    it('carries out in order what it keeps back, as far as it is told to', () => {
      const { device, top, write } = setUp(strategy, { deferred: true });
      const requests = [write(1, 0), write(2, 0), top.flush()];
      expect([device.proceed(1), requests.map(({ state }) => state)]).to.deep.equal([
        1,
        ['done', 'pending', 'pending'],
      ]);
      expect([device.proceed(), device.proceed()]).to.deep.equal([2, 0]);
      expect([device.contents[0], device.stable[0]]).to.deep.equal([2, 2]);
    });

    it('loses power after so many requests, before the next is begun', () => {
      const { device, write } = setUp(strategy);
      write(1, 0, 512, true);
      device.powerLossAfter(1, 5);
      const requests = [write(2, 0, 512, true), write(3, 0, 512, true)];
      expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'failed']);
      expect([device.lostPower, device.requestsSeen, device.reopened().contents[0]]).to.deep.equal([true, 3, 2]);
    });

    it('is opened again as it was made, on what survived', () => {
      const { device, write } = setUp(strategy, { name: 'west', blockSize: 1024, sectorSize: 512 });
      write(1, 1024, 1024, true);
      device.powerLoss(1);
      const again = device.reopened();
      expect([again.name, again.blockSize, again.strategy, again.contents[1024], again.lostPower]).to.deep.equal([
        'west',
        1024,
        strategy,
        1,
        false,
      ]);
    });
  });
}

describe('VolatileDevice', () => {
  deviceContract('volatile', ({ strategy, size }) => new VolatileDevice({ size, ...(strategy && { strategy }) }), 100);

  it('cannot lose power twice, nor be opened again before it was lost', () => {
    const device = new VolatileDevice({ size: SIZE });
    expect(() => device.reopened())
      .to.throw('volatile has not lost power')
      .with.property('code', 'ERR_POWER');
    device.powerLoss(1);
    expect(() => device.powerLoss(1))
      .to.throw('volatile has lost power before')
      .with.property('code', 'ERR_POWER');
  });

  for (const sectorSize of [0, 300, 1024, 0.5]) {
    it(`refuses sectors of ${String(sectorSize)} bytes`, () => {
      expect(() => new VolatileDevice({ size: SIZE, sectorSize }))
        .to.throw(RangeError)
        .with.property('code', 'ERR_SECTOR_SIZE');
    });
  }
});
