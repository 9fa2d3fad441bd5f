import { expect } from 'chai';
import { parseDescription } from '../../lib/stack/description.js';

describe('parseDescription', () => {
  it('returns what it was given, when it is a description', () => {
    const description = { strategy: 'waitQueue', device: { type: 'pass', lower: { type: 'null', size: 4096 } } };
    expect(parseDescription(description)).to.deep.equal(description);
  });

  it('names every field that is wrong', () => {
    const wrong = { device: { type: 'queue', depth: 0, lower: { type: 'file', path: '' } } };
    expect(() => parseDescription(wrong)).to.throw(
      /device\.lower\.path: .*; device\.depth: |device\.depth: .*; device\.lower\.path: /,
    );
  });
});
