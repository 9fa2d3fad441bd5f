import { expect } from 'chai';
import { waiterOrder } from '../../../lib/compare/experiments/waiter-order.js';
import { rivals } from '../../../lib/compare/index.js';
import { settingOf } from '../support.js';

describe('waiter-order', () => {
  it('tells what is gained, with its spread, under every design that has waiters, and of the others that they have none (Q5)', async () => {
    const notes: string[] = [];
    const rows = await waiterOrder.at(1, settingOf({ note: (text) => notes.push(text) }));
    const having = rivals.filter(({ line }) => line).map(({ name }) => name);
    expect(rows.filter(({ cannot }) => cannot === null).map(({ design }) => design)).to.deep.equal(having);
    for (const { cannot, figures } of rows) {
      if (cannot !== null) expect(cannot).to.equal('has no waiters of which a wake-up takes one');
      else for (const name of ['gain', 'lifo', 'time']) expect(figures[name]!.value).to.be.greaterThan(0);
    }
    expect(notes).to.have.length(having.length);
    for (const note of notes) expect(note).to.match(/^\w+, 1 MiB: first ÷ last [\d.]+ \([\d.]+ to [\d.]+\)/);
  });
});
