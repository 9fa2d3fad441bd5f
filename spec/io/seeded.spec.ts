import { expect } from 'chai';
import { Seeded } from '../../lib/io/seeded.js';

describe('Seeded', () => {
  it('draws the same numbers for the same seed, others for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Seeded(seed);
      return Array.from({ length: 100 }, () => random.next());
    };
    expect(draw(1)).to.deep.equal(draw(1));
    expect(draw(1)).not.to.deep.equal(draw(2));
    expect(draw(-1).every((number) => number >= 0 && number < 1)).to.equal(true);
  });

  it('draws whole numbers below an end, each about as often', () => {
    const random = new Seeded(7);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[random.below(4)]! += 1;
    for (const count of counts) expect(count).to.be.within(850, 1150);
  });

  it('is true as often as the rate says, never for 0 and always for 1', () => {
    const random = new Seeded(7);
    const times = (rate: number): number =>
      Array.from({ length: 1000 }, () => random.chance(rate)).filter(Boolean).length;
    expect([times(0), times(1)]).to.deep.equal([0, 1000]);
    expect(times(0.3)).to.be.within(240, 360);
  });

  it('refuses a seed that is not whole', () => {
    expect(() => new Seeded(0.5))
      .to.throw(RangeError)
      .with.property('code', 'ERR_SEED');
  });
});
