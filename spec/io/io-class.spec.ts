import { expect } from 'chai';
import { checkIoClass, IoClass } from '../../lib/io/io-class.js';
import { PagePool } from '../../lib/io/pages.js';
import { Linear } from '../../lib/layers/linear.js';
import { Pass } from '../../lib/layers/pass.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Layer } from '../../lib/io/layer.js';
import type { Io } from '../../lib/io/io.js';
import type { BlockDevice } from '../../lib/io/device.js';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool().allocate(4096);

/** Notes whose I/O goes through it. */
class Witness extends Layer {
  readonly seen: string[] = [];

  constructor(lower: BlockDevice) {
    super('witness', [lower], lower.geometry, {});
  }

  submit(io: Io): void {
    this.seen.push(io.ioClass?.name ?? 'none');
    io.pass(this, this.lowers[0] as BlockDevice, io.position, null);
  }

  done(): void {
    // What it saw is enough.
  }
}

/** Sends I/O of its own down with each request: once as it comes, once of another class, once of none. */
class Spawner extends Layer {
  private readonly other: IoClass;

  constructor(lower: BlockDevice, other: IoClass) {
    super('spawner', [lower], lower.geometry, {});
    this.other = other;
  }

  submit(io: Io): void {
    const [lower] = this.lowers as [BlockDevice];
    const own = { operation: 'read', position: 0, pages, offset: 0, length: 512, fua: false } as const;
    const split = io.split(this, null);
    split.spawn(lower, own, null);
    split.spawn(lower, { ...own, ioClass: this.other }, null);
    split.spawn(lower, { ...own, ioClass: null }, null);
    split.fanOut(lower, 0, null);
    split.seal();
  }

  done(): void {
    // Nothing is collated.
  }
}

describe('IoClass', () => {
  it('has a name, a priority and a weight', () => {
    const { name, priority, weight } = new IoClass();
    expect([name, priority, weight]).to.deep.equal(['class', 0, 1]);
    const backup = new IoClass({ name: 'backup', priority: -1, weight: 0.5 });
    expect([backup.name, backup.priority, backup.weight]).to.deep.equal(['backup', -1, 0.5]);
  });

  for (const priority of [0.5, NaN, Infinity]) {
    it(`refuses a priority of ${String(priority)} (I6)`, () => {
      expect(() => new IoClass({ priority }))
        .to.throw(ArgumentRangeError, `priority must be a whole number, got ${String(priority)}`)
        .with.property('code', 'ERR_IO_CLASS');
    });
  }

  for (const weight of [0, -1, NaN, Infinity]) {
    it(`refuses a weight of ${String(weight)} (I6)`, () => {
      expect(() => new IoClass({ weight }))
        .to.throw(ArgumentRangeError, `weight must be a number above 0, got ${String(weight)}`)
        .with.property('code', 'ERR_IO_CLASS');
    });
  }

  it('is refused, where it is none, before anything is submitted (I6)', () => {
    const disk = new FaultyDevice();
    expect(() => disk.read(pages, { position: 0, ioClass: 'fast' as unknown as IoClass }))
      .to.throw(ArgumentError, 'ioClass must be an IoClass, got string')
      .with.property('code', 'ERR_IO_CLASS');
    expect(disk.log).to.deep.equal([]);
    checkIoClass(new IoClass());
  });

  for (const { strategy } of designs) {
    it(`is that of every part of a request, under ${strategy.name} (I3)`, () => {
      const witness = new Witness(new FaultyDevice({ strategy, inline: true }));
      const ioClass = new IoClass({ name: 'mine' });
      const top = new Pass(new Linear([new Stripe([witness, new FaultyDevice({ strategy, inline: true })], { chunk: 512 })])); // prettier-ignore
      top.read(pages.range(0, 2048), { position: 0, ioClass });
      top.flush({ ioClass });
      top.read(pages.range(0, 1024), { position: 0 });
      expect(witness.seen).to.deep.equal(['mine', 'mine', 'mine', 'none']);
    });

    it(`is that of spawned I/O too, unless it has its own, under ${strategy.name} (I3)`, () => {
      const witness = new Witness(new FaultyDevice({ strategy, inline: true }));
      const spawner = new Spawner(witness, new IoClass({ name: 'other' }));
      spawner.read(pages.range(0, 512), { position: 0, ioClass: new IoClass({ name: 'mine' }) });
      expect(witness.seen).to.deep.equal(['mine', 'other', 'none', 'mine']);
    });
  }
});
