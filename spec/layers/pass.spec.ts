import { expect } from 'chai';
import { Pass } from '../../lib/layers/pass.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

describe('Pass', () => {
  it('is what is below in everything but its name', () => {
    const disk = new FaultyDevice({ size: 8192, blockSize: 1024, operations: ['read', 'flush'] });
    const pass = new Pass(disk);
    expect([pass.geometry, pass.operations, pass.lowers, pass.strategy, pass.name]).to.deep.equal([disk.geometry, ['read', 'flush'], [disk], disk.strategy, 'pass']); // prettier-ignore
    expect(new Pass(disk, { name: 'mine' }).name).to.equal('mine');
  });

  it('hands every operation on as it came', () => {
    const disk = new FaultyDevice({ inline: true });
    const pass = new Pass(disk);
    expect([pass.discard(512, { position: 1024 }).value, pass.writeZeroes(512, { position: 0 }).value, pass.flush().value]).to.deep.equal([512, 512, 0]); // prettier-ignore
    expect(disk.log).to.deep.equal(['discard 1024+512', 'writeZeroes 0+512', 'flush 0+0']);
  });
});
