import { expect } from 'chai';
import { OwnWork } from '../../lib/layers/own-work.js';

describe('OwnWork', () => {
  it('is idle when all that was begun has ended', async () => {
    const work = new OwnWork();
    await work.idle();
    const ends: (() => void)[] = [];
    for (let i = 0; i < 2; i++) work.run((ended) => ends.push(ended));
    let idle = false;
    const waiting = work.idle().then(() => (idle = true));
    ends[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(idle).to.equal(false);
    ends[1]?.();
    await waiting;
    work.run((ended) => ended());
    await work.idle();
  });
});
