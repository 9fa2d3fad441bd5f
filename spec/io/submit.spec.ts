import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sinon from 'sinon';
import { hooks } from '../../lib/event/hooks.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Io } from '../../lib/io/io.js';
import type { IoError } from '../../lib/io/io-error.js';
import { submit } from '../../lib/io/submit.js';

const device = (name: string, body: (io: Io) => void): BlockDevice => ({ name, submit: body }) as BlockDevice;
const header = (finish: Io['finish'] = () => undefined): Io => ({ finish }) as Partial<Io> as Io;

describe('submit', () => {
  it('hands a header over at once (I2)', () => {
    const io = header();
    const seen: Io[] = [];
    submit(device('a', (given) => seen.push(given)), io); // prettier-ignore
    expect(seen).to.deep.equal([io]);
  });

  it('keeps what is submitted meanwhile until the device has returned, in order (I2)', () => {
    const trace: string[] = [];
    const leaf = (name: string) => device(name, () => trace.push(name)); // prettier-ignore
    const split = device('split', () => {
      trace.push('split in');
      submit(device('deep', () => { submit(leaf('deepest'), header()); trace.push('deep'); }), header()); // prettier-ignore
      submit(leaf('second'), header());
      trace.push('split out');
    });
    submit(split, header());
    expect(trace).to.deep.equal(['split in', 'split out', 'deep', 'second', 'deepest']);
  });

  it('does not nest, however long the chain (I2)', () => {
    let left = 100_000;
    const chain = device('chain', (io) => {
      if (left-- > 0) submit(chain, io);
    });
    submit(chain, header());
    expect(left).to.equal(-1);
  });

  it('ends the header of a device that throws with EIO, and hands over the others (I1)', () => {
    const finish = sinon.stub();
    const io = header(finish);
    const trace: string[] = [];
    const thrown = new Error('broken');
    const top = device('top', () => {
      submit(device('bad', () => { throw thrown; }), io); // prettier-ignore
      submit(device('good', () => trace.push('good')), header()); // prettier-ignore
    });
    submit(top, header());
    const [bytes, error] = finish.firstCall.args as [number, IoError];
    expect([trace, bytes, error.code, error.message, error.cause]).to.deep.equal([['good'], 0, 'EIO', 'EIO: bad threw', thrown]); // prettier-ignore
    submit(device('later', () => trace.push('later')), header()); // prettier-ignore
    expect(trace).to.deep.equal(['good', 'later']);
  });

  it('reports to the host what is thrown with I/O under way, which has to come back first', () => {
    const finish = sinon.stub();
    const io = header(finish);
    const uncaught = sinon.stub(hooks, 'uncaught');
    const thrown = new Error('broken');
    submit(device('bad', () => { submit(device('lower', () => undefined), header()); throw thrown; }), io); // prettier-ignore
    uncaught.restore();
    expect([finish.called, uncaught.args]).to.deep.equal([false, [[thrown]]]);
  });

  it('lets go of what went down, also while it goes on for ever (I2)', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = (): number => {
      collect();
      // Buffers are freed by a thread beside; a collection begins by ending what the one before left to it.
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    let after = Infinity;
    let left = 10_000;
    const endless = device('endless', () => {
      if (--left > 0) submit(endless, Object.assign(header(), { memory: new ArrayBuffer(1 << 14) }));
      else after = held();
    });
    submit(endless, header());
    // 160 MB went down, and 16 MB are those of the last thousand.
    expect((after - before) / (1 << 20)).to.be.lessThan(40);
  });
});
