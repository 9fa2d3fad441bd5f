import { expect } from 'chai';
import { soleBaton } from '../../lib/compare/baton.js';

describe('soleBaton', () => {
  it('comes back at once, and tells when the time is up', async () => {
    let late = false;
    const baton = soleBaton(() => late);
    expect(await baton.pass()).to.equal(false);
    late = true;
    expect(await baton.pass()).to.equal(true);
  });
});
