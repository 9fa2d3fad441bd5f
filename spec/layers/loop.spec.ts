import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { loop, type Extent } from '../../lib/layers/loop.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);

for (const { strategy } of designs) {
  describe(`loop under ${strategy.name}`, () => {
    it('is a device as large as the file, whose bytes are those of its extents in order', () => {
      const disk = new FaultyDevice({ size: 8192, strategy, inline: true });
      const device = loop(disk, [{ start: 4096, length: 512 }, { start: 512, length: 1024 }]); // prettier-ignore
      expect([device.size, device.name, device.strategy]).to.deep.equal([1536, 'loop on disk', strategy]);
      pages.set(Uint8Array.from({ length: 1536 }, (_, i) => 1 + Math.floor(i / 512)));
      expect(outcomeOf(device.write(pages.range(0, 1536), { position: 0 }))).to.deep.equal(['done', 1536]);
      const found = Array.from({ length: 16 }, (_, i) => disk.contents[i * 512]);
      expect(found).to.deep.equal([0, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
      expect(disk.log).to.deep.equal(['write 4096+512', 'write 512+1024']);
    });

    it('keeps apart what failed and what did not (N13)', () => {
      const disk = new FaultyDevice({ size: 8192, strategy });
      const device = loop(disk, [{ start: 4096, length: 512 }, { start: 512, length: 1024 }]); // prettier-ignore
      const request = device.read(pages.range(0, 1024), { position: 0 });
      disk.pending[0]?.fail();
      disk.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 512, [[512, 512]]]);
    });
  });
}

describe('loop', () => {
  it('takes a single extent, and a name', () => {
    const device = loop(new FaultyDevice(), { start: 512, length: 1024 }, { name: 'swap' });
    expect([device.size, device.name]).to.deep.equal([1024, 'swap']);
  });

  const refused: [name: string, extents: readonly Extent[], code: string][] = [
    ['no extent', [], 'ERR_MEMBERS'],
    ['one that is not aligned', [{ start: 100, length: 512 }], 'ERR_SEGMENT'],
    ['one past the end', [{ start: 65536, length: 512 }], 'ERR_SEGMENT'],
    ['two that overlap', [{ start: 1024, length: 1024 }, { start: 512, length: 1024 }], 'ERR_EXTENTS'], // prettier-ignore
  ];
  for (const [name, extents, code] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => loop(new FaultyDevice(), extents))
        .to.throw()
        .with.property('code', code);
    });
  }
});
