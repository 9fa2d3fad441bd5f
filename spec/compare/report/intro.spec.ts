import { expect } from 'chai';
import { rivals } from '../../../lib/compare/rivals.js';
import { designsIntro } from '../../../lib/compare/report/intro.js';

describe('designsIntro', () => {
  it('says of every design, and of the edge, what it is', () => {
    const told = designsIntro({ designs: rivals });
    expect(told.map(([name]) => name)).to.deep.equal([...rivals.map(({ name }) => name), 'edge']);
    for (const [name, about] of told) expect(about, name).to.match(/\w{4}/).and.to.not.equal('handed in');
  });

  it('says of one that is handed in that it is', () => {
    expect(designsIntro({ designs: [{ name: 'mine' }] })[0]).to.deep.equal(['mine', 'handed in']);
  });
});
