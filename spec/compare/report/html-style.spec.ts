import { expect } from 'chai';
import { style } from '../../../lib/compare/report/html-style.js';
import { paper } from '../../../lib/compare/report/palette.js';

describe('the style of the report', () => {
  it('has the colours of both schemes, and loads nothing', () => {
    const [light, dark] = style.split('prefers-color-scheme:dark') as [string, string];
    for (const [name, colour] of Object.entries(paper)) {
      expect(light).to.include(`--${name}:${colour.light}`);
      expect(dark).to.include(`--${name}:${colour.dark}`);
    }
    expect(style).to.not.match(/url\(|@import|@font-face/);
  });

  it('closes every brace', () => {
    expect(style.split('{').length).to.equal(style.split('}').length);
  });
});
