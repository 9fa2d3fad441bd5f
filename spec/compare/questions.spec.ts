import { expect } from 'chai';
import { questions } from '../../lib/compare/questions.js';

describe('questions', () => {
  it('are those that were left open, Q1 to Q6, each with experiments that answer it', () => {
    expect(questions.map(({ name }) => name)).to.deep.equal(['Q1', 'Q2', 'Q3', 'Q4', 'Q5', 'Q6']);
    for (const { question, experiments } of questions) {
      expect(question).to.match(/^[A-Z].*\?$/);
      expect(new Set(experiments).size).to.equal(experiments.length);
      expect(experiments.length).to.be.at.least(1);
    }
  });
});
