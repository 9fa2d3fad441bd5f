import { expect } from 'chai';
import type { WaiterOrder } from '../../../lib/compare/index.js';
import { rivals } from '../../../lib/compare/index.js';

describe('a line of waiters', () => {
  for (const { name, line } of rivals) {
    if (line === undefined) continue;
    for (const [order, expected] of [
      ['fifo', 'abcd'],
      ['lifo', 'cdba'],
    ] as [WaiterOrder, string][]) {
      it(`wakes one at a time under ${name}, ${order === 'fifo' ? 'the first' : 'the last'} that came (Q5)`, async () => {
        const waiters = line(order);
        const woken: string[] = [];
        const wait = (who: string) => waiters.wait(() => woken.push(who));
        for (const who of ['a', 'b', 'c']) wait(who);
        waiters.wakeOne();
        await Promise.resolve();
        wait('d');
        for (let i = 0; i < 3; i++) waiters.wakeOne();
        waiters.wakeOne();
        await Promise.resolve();
        expect(woken.join('')).to.equal(expected);
      });
    }
  }
});
