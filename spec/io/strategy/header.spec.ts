import { expect } from 'chai';
import type { BlockDevice } from '../../../lib/io/device.js';
import type { Split } from '../../../lib/io/io.js';
import { IoError } from '../../../lib/io/io-error.js';
import { Header } from '../../../lib/io/strategy/header.js';
import { PagePool } from '../../../lib/io/pages.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted } from '../../conformance/strategy-contract.js';
import { Tracer } from '../../conformance/tracer.js';

const pages = new PagePool().allocate(4096);

/** Notes when it is passed up; goes nowhere. */
class Lone extends Header {
  cancelled = false;
  readonly ups: (string | number)[] = [];
  pass(): void {}
  substitute(_layer: unknown, _target: BlockDevice): void {}
  split(): Split {
    throw new Error('none');
  }
  parked(): void {}
  unparked(): void {}
  passUp(): void {
    this.ups.push(this.failure?.code ?? this.bytes);
  }
}

const lone = (): Lone => new Lone({ operation: 'write', fua: true }, 512, pages, 1024, 2048, null);

describe('Header', () => {
  it('says what is asked for, and counts as one', () => {
    let header = null as Lone | null;
    expect(counted(() => (header = lone())).headers).to.equal(1); // prettier-ignore
    expect(header).to.include({ operation: 'write', fua: true, position: 512, offset: 1024, length: 2048, bytes: 0 });
  });

  it('is passed up with its outcome when it is finished, and tells which parts succeeded (N13)', () => {
    const header = lone();
    header.finish(512, new IoError('EIO'));
    expect([header.ups, header.succeededRanges()]).to.deep.equal([['EIO'], [{ offset: 0, length: 512 }]]);
  });

  it('is passed up again when what held it lets go, once and only by the last hold (N6)', () => {
    const header = lone();
    const [early, late] = [header.suspend(), header.suspend()];
    early();
    expect(header.ups).to.deep.equal([]);
    late();
    late();
    expect(header.ups).to.deep.equal([0]);
  });

  it('is as it was submitted after a retry, which a cancel refuses (N8, C3)', () => {
    const header = lone();
    header.finish(512, new IoError('EIO'));
    header.failedRanges = [{ offset: 0, length: 1 }];
    expect([header.retry(), header.bytes, header.failure, header.failedRanges]).to.deep.equal([true, 0, null, null]);
    header.cancelled = true;
    header.bytes = 7;
    expect([header.retry(), header.bytes]).to.deep.equal([false, 7]);
  });

  it('goes on up after its layer was told, unless that holds it, begins it again or throws (I1)', () => {
    const layer = new Tracer('layer', new FaultyDevice());
    const tell = (onDone: (header: Header) => void): unknown[] => {
      const header = lone();
      layer.onDone = () => {
        onDone(header);
      };
      return [header.tell(layer, 'layer'), header.failure?.code];
    };
    expect(tell(() => undefined)).to.deep.equal([true, undefined]);
    expect(tell((header) => header.suspend())).to.deep.equal([false, undefined]);
    expect(tell((header) => { header.suspend()(); })).to.deep.equal([true, undefined]); // prettier-ignore
    expect(tell((header) => header.retry())).to.deep.equal([false, undefined]);
    expect(tell((header) => { header.suspend(); throw new Error('broken'); })).to.deep.equal([true, 'EIO']); // prettier-ignore
  });
});
