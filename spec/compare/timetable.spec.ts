import { expect } from 'chai';
import { Timetable } from '../../lib/compare/timetable.js';

describe('Timetable', () => {
  let now = 0;
  const table = (budgetMs: number | null, points: number): Timetable => new Timetable(budgetMs, points, () => now);
  beforeEach(() => {
    now = 0;
  });

  it('gives each point an equal share of nine tenths', () => {
    const four = table(4000, 4);
    four.begin();
    now = 900;
    expect(four.late()).to.equal(false);
    now = 901;
    expect(four.late()).to.equal(true);
  });

  it('shares what a point took too much, or too little, among those that are left', () => {
    const three = table(3000, 3);
    three.begin();
    now = 1700;
    three.begin();
    now = 1700 + 500;
    expect(three.late()).to.equal(false);
    now = 1700 + 501;
    expect(three.late()).to.equal(true);
    now = 1800;
    three.begin();
    now = 2700;
    expect(three.late()).to.equal(false);
  });

  it('gives the share of a point that is left out to the others', () => {
    const two = table(2000, 2);
    two.skip();
    two.begin();
    now = 1800;
    expect(two.late()).to.equal(false);
  });

  it('is behind when more than a tenth of it more was used than points are done', () => {
    const ten = table(1000, 10);
    expect(ten.behind()).to.equal(false);
    ten.begin();
    now = 180;
    expect(ten.behind()).to.equal(false);
    now = 181;
    expect(ten.behind()).to.equal(true);
  });

  it('is never late or behind without a limit', () => {
    const any = table(null, 2);
    any.begin();
    now = 1e9;
    expect([any.late(), any.behind()]).to.deep.equal([false, false]);
  });
});
