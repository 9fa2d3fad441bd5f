import { expect } from 'chai';
import { readAhead, readAheadMerged } from '../../../lib/compare/experiments/read-ahead.js';
import { rivals } from '../../../lib/compare/index.js';
import { figuresAt } from '../support.js';

/** Of the pages, and of the one that keeps the device busy. */
describe('read-ahead', () => {
  for (const pages of [1, 5]) {
    it(`wakes the waiter of each of ${pages} pages when the page has come, by a transfer each (Q4)`, async () => {
      const figures = await figuresAt(readAhead, pages);
      for (const { name } of rivals) {
        expect(figures[name], name).to.include({
          waited: (pages + 1) / 2,
          operations: pages + 1,
          callbacks: pages + 1,
        });
      }
      expect(figures['edge']).to.not.have.property('waited');
    });
  }
});

describe('read-ahead-merged', () => {
  for (const pages of [2, 5]) {
    it(`wakes the waiters of ${pages} pages when all have come, by one transfer (N12, Q4)`, async () => {
      const figures = await figuresAt(readAheadMerged, pages);
      for (const { name } of rivals) {
        if (name === 'streams') expect(figures).to.not.have.property(name);
        else expect(figures[name], name).to.include({ waited: pages, operations: 2 });
      }
    });
  }
});
