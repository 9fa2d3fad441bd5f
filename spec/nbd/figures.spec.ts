import { expect } from 'chai';
import { newFigures } from '../../lib/nbd/figures.js';

describe('newFigures', () => {
  it('begin with nothing', () => {
    expect(Object.values(newFigures()).every((value) => value === 0)).to.equal(true);
  });
});
