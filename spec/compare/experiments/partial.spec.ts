import { expect } from 'chai';
import { partial } from '../../../lib/compare/experiments/partial.js';
import { edgeDevice, rivals, sizeOf, type Rival } from '../../../lib/compare/index.js';
import { IoError } from '../../../lib/io/index.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt, settingOf } from '../support.js';

describe('partial', () => {
  it('finds that the caller learns which parts succeeded as its capabilities say, under every design (N13)', async () => {
    const figures = await figuresAt(partial, 4);
    const shape = { passes: 0, moves: 0, pieces: 4, splits: 1, transfers: 4, locations: 1 };
    expectCounts(figures, countsOf(shape));
    for (const { name, capabilities } of rivals) {
      const known = capabilities.knows === 'which parts succeeded' ? 1 : 0;
      expect(figures[name], name).to.include({ known, false: 0 });
    }
    expect(figures['edge']).to.not.have.property('known');
  });

  it('finds out a design that only tells a number of bytes, which is taken for a beginning', async () => {
    const counting: Rival = {
      name: 'counting',
      capabilities: { ends: 'inline', pulls: null, knows: 'how many bytes', retries: 'none' },
      build: (blueprint) =>
        edgeDevice('counting', sizeOf(blueprint), { begin: (call) => call.finish(1024, new IoError('EIO')) }),
    };
    const { known, false: mistaken } = (await figuresAt(partial, 4, settingOf({ rivals: [counting] })))['counting']!;
    // Half of the four fail: what is right of the first two is not wrong.
    expect(known! * 1024 + mistaken!).to.equal(1024);
    expect(mistaken).to.be.greaterThan(0);
  });
});
