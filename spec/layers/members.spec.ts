import { expect } from 'chai';
import { ArgumentError } from '../../lib/wait/errors.js';
import { joinGeometry, someMembers, spread } from '../../lib/layers/members.js';
import type { Io, Split } from '../../lib/io/io.js';
import type { Layer } from '../../lib/io/layer.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const disk = (blockSize: number, size = 1 << 16): FaultyDevice => new FaultyDevice({ blockSize, size });

describe('someMembers', () => {
  it('are the members, when there is one at least (I6)', () => {
    const all = [disk(512), disk(512)];
    expect(someMembers('Layer', all)).to.deep.equal(all);
    expect(() => someMembers('Layer', [])).to.throw(ArgumentError, 'Layer needs at least one device, got none');
  });
});

describe('joinGeometry', () => {
  it('is the largest block and the largest preferred size', () => {
    expect(joinGeometry([disk(512), disk(2048), disk(1024)])).to.deep.equal({ size: 0, blockSize: 2048, preferredSize: 2048 }); // prettier-ignore
  });
});

describe('spread', () => {
  it('sends one piece without data to each, then seals', () => {
    const trace: unknown[] = [];
    const split = {
      piece: (...given: unknown[]) => trace.push(given),
      seal: () => trace.push('seal'),
    } as unknown as Split;
    const members = [disk(512), disk(512)];
    spread({} as Layer, { split: () => split } as unknown as Io, members);
    expect(trace).to.deep.equal([[members[0], 0, 0, 0], [members[1], 0, 0, 0], 'seal']);
  });
});
