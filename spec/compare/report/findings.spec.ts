import { expect } from 'chai';
import { plans } from '../../../lib/compare/plan.js';
import { costTable, findingsOf } from '../../../lib/compare/report/findings.js';
import { rowOf } from '../support.js';
import { comparisonOf, resultOf } from './support.js';

describe('findingsOf', () => {
  const rows = [
    rowOf({ figures: { copied: { value: 0 }, buffered: { value: 4096 } } }),
    rowOf({ design: 'cloneKiobuf', ns: 3000, figures: { copied: { value: 0 }, buffered: { value: 8192 } } }),
  ];
  const found = comparisonOf({ experiments: [resultOf({ name: 'transform', rows })] });

  it('says in words what follows from the figures (M3)', () => {
    expect(findingsOf(found, { name: 'Q2' })).to.deep.equal([
      'Yes: under clones too, what was written came back, through every layer that transforms.',
      'To write and read back 1 blocks, copied were 0 under all 2; buffers took 4096 under waitQueue, 8192 under cloneKiobuf.',
      'In transform, clones take 2.00 times what waitQueue takes.',
    ]);
  });

  it('tells what is gained by an order as a ratio, with no end below 0', () => {
    const gain = { value: 2.9, rounds: [1.4, 2.9, 4.4] };
    const order = resultOf({ name: 'waiter-order', rows: [rowOf({ figures: { gain } })] });
    const [said = ''] = findingsOf(comparisonOf({ experiments: [order] }), { name: 'Q5' });
    expect(said).to.equal(
      'Under waitQueue, waking who came first takes, against waking who came last, 2.61 (0.62–11.0) at 1 MiB (no difference seen).',
    );
  });

  it('leaves out what was not run', () => {
    for (const name of ['Q1', 'Q3', 'Q4', 'Q5', 'Q6', 'Q0']) expect(findingsOf(found, { name })).to.deep.equal([]);
  });

  it('tells nothing of fewer than 15 rounds (M3)', () => {
    const few = { ...found, plan: { ...plans.quick, rounds: 14 } };
    expect(findingsOf(few, { name: 'Q2' })).to.deep.equal(['There were too few rounds to tell.']);
  });
});

describe('costTable', () => {
  it('tells what one layer more costs', () => {
    const rows = [0, 10].flatMap((x) => [
      rowOf({ x, ns: 100 + 20 * x, figures: { allocated: { value: 50 * x }, retained: { value: 7 * x } } }),
    ]);
    expect(costTable(comparisonOf({ experiments: [resultOf({ name: 'depth', rows })] }))).to.deep.equal([
      [
        'design',
        'time a layer',
        'allocated a layer',
        'held a layer',
        'time a piece',
        'allocated a piece',
        'held a piece',
        'held by a plain request',
      ],
      ['waitQueue', '20 ns', '50 B', '7', '–', '–', '–', '–'],
    ]);
  });

  it('is empty where nothing tells it', () => {
    expect(costTable(comparisonOf())).to.deep.equal([]);
  });
});
