import { expect } from 'chai';
import { cancel, cancelProgress } from '../../../lib/compare/experiments/cancel.js';
import { rivals, strategyRival } from '../../../lib/compare/index.js';
import { waitQueue } from '../../../lib/io/index.js';
import { figuresAt, settingOf } from '../support.js';

const PIECES = 16;

describe('cancel', function () {
  this.timeout(60_000);

  for (const others of [0, 10, 1000]) {
    it(`looks at everything that waits where it has to search, among ${others} others (Q3)`, async () => {
      const figures = await figuresAt(cancel, others);
      for (const { name, capabilities } of rivals) {
        const searches = capabilities.pulls === 'by searching every request queue';
        if (searches) expect(figures[name]!['visited']).to.equal(others + PIECES);
        else expect(figures[name]!['visited']).to.be.at.most(2 * PIECES);
        // Each piece's layer is told, and the one that carved.
        expect(figures[name]).to.include({ wasted: 0, callbacks: PIECES + 1, operations: 0 });
        expect(figures[name]!['time']).to.be.greaterThan(0);
      }
    });
  }

  it('has no time for a design that cannot pull, and counts what ran in vain', async () => {
    const deaf = strategyRival({
      name: 'deaf',
      capabilities: waitQueue.capabilities,
      root: (request) => Object.assign(waitQueue.root(request), { cancelAll: () => {} }),
    });
    const [row] = await cancel.at(10, settingOf({ rivals: [deaf] }));
    expect(row!.figures['wasted']!.value).to.equal(PIECES);
    expect(row!.figures).to.not.have.property('time');
  });
});

describe('cancel-progress', function () {
  this.timeout(60_000);

  for (const percent of [0, 25, 100]) {
    it(`pulls what has not begun at ${percent} %`, async () => {
      const figures = await figuresAt(cancelProgress, percent);
      for (const { name } of rivals) expect(figures[name], name).to.include({ wasted: 0 });
      const searched = 100 + PIECES - (percent === 0 ? 0 : (percent / 100) * PIECES + 1);
      if (percent < 100) expect(figures['cloneKiobuf']!['visited']).to.equal(searched);
      else expect(figures['cloneKiobuf']!['visited']).to.equal(0);
    });
  }
});
