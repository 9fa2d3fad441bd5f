import { expect } from 'chai';
import { plans } from '../../../lib/compare/plan.js';
import { questions } from '../../../lib/compare/questions.js';
import { answersText, briefText, introText } from '../../../lib/compare/report/brief.js';
import { comparisonOf, resultOf } from './support.js';

describe('introText', () => {
  it('names each design with what it is, in lines that fit', () => {
    const lines = introText(['waitQueue', 'promises', 'mine']).split('\n');
    expect(lines.filter((line) => /^ {2}\w/.test(line)).map((line) => line.split(/ +/)[1])).to.deep.equal([
      'waitQueue',
      'promises',
      'mine',
      'edge',
    ]);
    for (const line of lines) expect(line.length).to.be.at.most(101);
  });
});

describe('briefText', () => {
  it('has the finding, the question and the ratios', () => {
    expect(briefText(resultOf(), { base: 'waitQueue' })).to.equal(
      `layers: Fastest: waitQueue; cloneKiobuf takes 2.50 times as long.
  Is 1 < 2 & so on?
  time ÷ waitQueue: cloneKiobuf 2.50`,
    );
  });
});

describe('answersText', () => {
  const experiments = [resultOf({ name: 'depth' })];

  it('has each question that was asked with its answer, and the whole', () => {
    const depth = resultOf({ name: 'depth' });
    const rows = depth.rows.map((row) => (row.design === 'cloneKiobuf' ? { ...row, design: 'compoundEvent' } : row));
    const designs = ['waitQueue', 'compoundEvent'].map((name) => ({ ...comparisonOf().designs[0]!, name }));
    const parts = answersText(comparisonOf({ designs, experiments: [{ ...depth, rows }] })).split('\n\n');
    expect(parts[0]).to.equal('The answers');
    expect(parts[1]!.replaceAll(/\s+/g, ' ')).to.equal(
      `Q1. ${questions[0]!.question} In time: yes. The compound event takes 2.50 times what waitQueue takes.`,
    );
    expect(parts.at(-1)).to.equal('All in all: compoundEvent takes 2.50 times as long as the fastest.');
  });

  it('is empty where no question was asked, and of too few rounds to tell (M3)', () => {
    expect(answersText(comparisonOf())).to.equal('');
    expect(answersText(comparisonOf({ experiments, plan: { ...plans.quick, rounds: 14 } }))).to.equal('');
  });
});
