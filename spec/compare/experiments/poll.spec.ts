import { expect } from 'chai';
import { poll } from '../../../lib/compare/experiments/poll.js';
import { rivals } from '../../../lib/compare/index.js';
import { figuresAt } from '../support.js';

describe('poll', () => {
  for (const events of [5, 50]) {
    it(`registers with all of ${events} events for each wait, once and for all, or with those that were ready, and leaves nothing behind`, async () => {
      const figures = await figuresAt(poll, events);
      expect(Object.keys(figures)).to.deep.equal(rivals.filter((rival) => rival.poll).map(({ name }) => name));
      for (const [name, found] of Object.entries(figures)) {
        expect(found, name).to.include({
          wakeups: 1,
          spurious: 0,
          links: name === 'compoundEvent' ? events : name === 'promises' ? 3 : 0,
          left: 0,
        });
      }
    });
  }
});
