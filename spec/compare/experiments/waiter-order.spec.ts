import { expect } from 'chai';
import { waiterOrder } from '../../../lib/compare/experiments/waiter-order.js';
import { rivals } from '../../../lib/compare/index.js';
import { settingOf } from '../support.js';

describe('waiter-order', () => {
  it('tells what is gained, with its spread, under every design that has waiters, and of the others that they have none (Q5)', async () => {
    const rows = await waiterOrder.at(1, settingOf({ rounds: 2 }));
    const having = rivals.filter(({ line }) => line).map(({ name }) => name);
    expect(rows.filter(({ cannot }) => cannot === null).map(({ design }) => design)).to.deep.equal(having);
    for (const { cannot, figures } of rows) {
      if (cannot !== null) expect(cannot).to.equal('has no waiters of which a wake-up takes one');
      else {
        const [time, lifo, gain] = ['time', 'lifo', 'gain'].map((name) => figures[name]!.rounds!);
        for (const rounds of [time, lifo, gain]) {
          expect(rounds).to.have.length(2);
          for (const value of rounds!) expect(value).to.be.greaterThan(0);
        }
      }
    }
  });
});
