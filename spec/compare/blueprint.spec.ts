import { expect } from 'chai';
import { bottomsOf, lowersOf, sizeOf, type Blueprint } from '../../lib/compare/blueprint.js';
import { InstantBottom } from '../../lib/compare/bottom.js';
import { isCannot } from '../../lib/compare/rival.js';
import { rivals } from '../../lib/compare/rivals.js';
import { PagePool } from '../../lib/io/index.js';
import { blueprints } from './rival-contract.js';

describe('a blueprint', () => {
  const device = (size: number): Blueprint => ({ kind: 'device', bottom: new InstantBottom({ size }) });

  for (const [name, make] of Object.entries(blueprints)) {
    it(`is as big as what is built from it: ${name}`, async () => {
      const blueprint = make();
      const built = await rivals[0]!.build(blueprint, { pool: new PagePool() });
      if (isCannot(built)) throw new Error(built.cannot);
      expect(sizeOf(blueprint)).to.deep.equal({ size: built.size, blockSize: built.blockSize });
    });
  }

  it('names what stands directly below a layer, in order', () => {
    const [a, b] = [device(512), device(1024)];
    expect(lowersOf(a)).to.deep.equal([]);
    expect(lowersOf({ kind: 'pass', over: a })).to.deep.equal([a]);
    expect(lowersOf({ kind: 'stripe', chunk: 512, over: [b, a] })).to.deep.equal([b, a]);
    const segments = [b, a, b].map((over) => ({ over, start: 0, length: 512 }));
    expect(lowersOf({ kind: 'linear', segments })).to.deep.equal([b, a, b]);
  });

  it('has each bottom once, from left to right', () => {
    const [a, b, c] = [512, 1024, 2048].map(device) as [Blueprint, Blueprint, Blueprint];
    const shared: Blueprint = { kind: 'pass', over: b };
    const found = bottomsOf({ kind: 'stripe', chunk: 512, over: [a, shared, { kind: 'mirror', over: [shared, c] }] });
    expect(found.map(({ size }) => size)).to.deep.equal([512, 1024, 2048]);
  });

  it('is built and measured without recursion', async () => {
    let deep = device(4096);
    for (let i = 0; i < 20_000; i++) deep = { kind: 'pass', over: deep };
    expect(sizeOf(deep)).to.deep.equal({ size: 4096, blockSize: 512 });
    expect(bottomsOf(deep)).to.have.length(1);
    expect(isCannot(await rivals[0]!.build(deep, { pool: new PagePool() }))).to.equal(false);
  });
});
