import { expect } from 'chai';
import { edge } from '../../../lib/compare/rivals/edge.js';
import { rivals } from '../../../lib/compare/rivals.js';
import { lookOf, looksOf, paper } from '../../../lib/compare/report/palette.js';

/** Relative luminance (WCAG 2). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe('the looks of designs', () => {
  const names = [...rivals.map(({ name }) => name), edge.name];
  const looks = looksOf(names, edge.name);

  for (const scheme of ['light', 'dark'] as const) {
    it(`can be seen in the ${scheme} scheme, and text be read`, () => {
      for (const look of looks)
        expect(contrast(look[scheme], paper.background[scheme]), look[scheme]).to.be.at.least(3);
      for (const text of [paper.text, paper.quiet])
        expect(contrast(text[scheme], paper.background[scheme])).to.be.at.least(4.5);
    });
  }

  it('differ in colour and in shape from each other', () => {
    for (const part of ['light', 'dark', 'shape'] as const)
      expect(new Set(looks.map((look) => look[part])).size, part).to.equal(looks.length);
  });

  it('differ in dash where colours follow each other', () => {
    for (let i = 1; i < names.length; i++) expect(lookOf(i).dash).to.not.deep.equal(lookOf(i - 1).dash);
  });

  it('begin again when there are more designs than looks', () => {
    expect(lookOf(10)).to.equal(lookOf(0));
  });
});
