import { expect } from 'chai';
import sinon from 'sinon';
import { compare, methodOf, type CompareOptions, type Comparison, type Experiment } from '../../lib/compare/index.js';
import { rejectionOf } from './support.js';

/** Measures nothing. */
const empty: Experiment = {
  name: 'empty',
  title: 'Empty',
  question: 'What does nothing cost?',
  unit: 'times',
  xLabel: 'Times',
  points: { quick: [1], full: [1, 2], thorough: [1, 2, 3] },
  metrics: [],
  decides: [],
  at: async (x, { rivals }) => rivals.map(({ name: design }) => ({ design, x, cannot: 'is not asked', figures: {} })),
};

describe('a run', function () {
  this.timeout(60_000);

  const small = (options: CompareOptions): Promise<Comparison> =>
    compare({ plan: 'quick', rounds: 1, designs: ['waitQueue', 'cloneKiobuf'], threads: false, ...options });

  for (const [what, row] of [
    ['has no row for a design', []],
    ['has a row that says nothing', [{ design: 'cloneKiobuf', x: 1, cannot: null, figures: {} }]],
  ] as const) {
    it(`fails when an experiment ${what} (M2)`, async () => {
      const silent: Experiment = {
        ...empty,
        at: async (x, setting) => [
          ...(await empty.at(x, setting)).filter(({ design }) => design !== 'cloneKiobuf'),
          ...row,
        ],
      };
      const error = await rejectionOf(small({ experiments: [silent] }));
      expect(error).to.include({
        code: 'ERR_NO_ROW',
        message: 'The experiment empty says nothing of cloneKiobuf at 1',
      });
    });
  }

  it('does without the edge where there is nothing to charge', async () => {
    const bare: Experiment = {
      ...empty,
      at: async (x, setting) => (await empty.at(x, setting)).filter(({ design }) => design !== 'edge'),
    };
    expect((await small({ experiments: [bare] })).experiments[0]!.rows).to.have.length(2);
  });

  it('tells what it left out when all of it is used up (M2)', async () => {
    const long: Experiment = {
      ...empty,
      async at(x, setting) {
        await new Promise((resolve) => setting.signal.addEventListener('abort', resolve));
        setting.signal.throwIfAborted();
        return empty.at(x, setting);
      },
    };
    const found = await small({ budgetMs: 5, experiments: [long, 'retry'] });
    expect([found.interrupted, found.experiments]).to.deep.equal([false, []]);
    expect(found.leftOut).to.deep.equal(['empty at times 1', 'retry at pieces 16']);
    expect(methodOf(found).join(' ')).to.include('left out were empty at times 1; retry at pieces 16.');
  });

  it('leaves out points that quick does not ask for while it is behind', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const slow: Experiment = {
      ...empty,
      at(x, setting) {
        // More than the share of two points of four, and less than there is.
        if (x === 1) clock.tick(1200);
        return empty.at(x, setting);
      },
    };
    const found = await small({
      plan: 'thorough',
      budgetMs: 2000,
      experiments: [slow, { ...empty, name: 'next' }],
    }).finally(() => clock.restore());
    expect(found.leftOut).to.deep.equal(['empty at times 2, 3']);
    expect(found.experiments.map(({ rows }) => [...new Set(rows.map(({ x }) => x))])).to.deep.equal([[1], [1, 2, 3]]);
    expect(found.interrupted).to.equal(false);
  });
});
