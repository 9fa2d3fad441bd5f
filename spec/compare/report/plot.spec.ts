import { expect } from 'chai';
import { plot } from '../../../lib/compare/report/plot.js';
import { rivals, type Row } from '../../../lib/compare/index.js';
import { lookOf } from '../../../lib/compare/report/palette.js';
import { rowOf } from '../support.js';
import { parseXml, resultOf, type Element } from './support.js';

function everyElement(root: Element): Element[] {
  return [root, ...root.children.flatMap(everyElement)];
}

const textsIn = (svg: string): string[] =>
  everyElement(parseXml(svg))
    .filter(({ name }) => name === 'text')
    .map(({ text }) => text);

/** What stands for the figures, and not in the legend. */
const symbolsIn = (svg: string): Element[] =>
  everyElement(parseXml(svg))
    .filter(({ attributes }) => /^mark-symbol role-mark/.test(attributes['class'] ?? ''))
    .flatMap(({ children }) => children);

/** Of the polygon through the points of a path, at the least. */
function areaOf(path: string): number {
  const numbers = (path.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
  if (path.includes('A')) return Infinity;
  const points: [number, number][] = [];
  let [x, y] = [0, 0];
  for (const [, command = '', rest = ''] of path.matchAll(/([MLHVhvlZ])([^MLHVhvlZ]*)/g)) {
    const [first = 0, second = 0] = (rest.match(/-?[\d.]+/g) ?? []).map(Number);
    if (command === 'M' || command === 'L') [x, y] = [first, second];
    if (command === 'H') x = first;
    if (command === 'V') y = first;
    if (command === 'h') x += first;
    if (command === 'v') y += first;
    points.push([x, y]);
  }
  const twice = points.reduce((sum, [a, b], i) => {
    const [c, d] = points[(i + 1) % points.length]!;
    return sum + a * d - b * c;
  }, 0);
  return numbers.length === 0 ? 0 : Math.abs(twice) / 2;
}

describe('plot', () => {
  it('is well-formed SVG with a title and a description', async () => {
    const svg = parseXml(await plot(resultOf()));
    expect(svg.name).to.equal('svg');
    expect(svg.attributes['xmlns']).to.equal('http://www.w3.org/2000/svg');
    const [title, description] = svg.children;
    expect([title!.name, title!.text]).to.deep.equal(['title', 'Layers &amp; &lt;more&gt;']);
    expect(description!.name).to.equal('desc');
    expect(description!.text).to.equal(
      'Is 1 &lt; 2 &amp; so on? Plotted: time, by design; from left to right: Layers of &quot;nothing&quot;. ' +
        'The figures are in the table that follows.',
    );
    expect(svg.attributes).to.include({ role: 'img', 'aria-labelledby': 'layers-wide-title layers-wide-desc' });
    expect([title, description].map((element) => element!.attributes['id'])).to.deep.equal([
      'layers-wide-title',
      'layers-wide-desc',
    ]);
  });

  it('shows each point of each design, and names designs and axes', async () => {
    const svg = await plot(resultOf());
    const texts = textsIn(svg);
    expect(texts).to.include.members([
      '0',
      '10',
      '1,000',
      'waitQueue',
      'cloneKiobuf',
      '2 µs',
      'time, the median over rounds',
      'Layers of "nothing"',
    ]);
    expect(symbolsIn(svg)).to.have.length(resultOf().rows.length);
  });

  it('is narrow for a telephone, with the designs below', async () => {
    const [wide, narrow] = [parseXml(await plot(resultOf(), 'wide')), parseXml(await plot(resultOf(), 'narrow'))];
    expect(Number(narrow.attributes['width'])).to.be.below(330);
    expect(Number(wide.attributes['width'])).to.be.within(600, 900);
  });

  it('tells designs apart by colour, shape and dash, and gives one that cannot here its look elsewhere', async () => {
    const rows = (cannot: string | null): Row[] =>
      ['a', 'b', 'c'].flatMap((design) =>
        [1, 2].map((x) => rowOf({ design, x, cannot: design === 'b' ? cannot : null })),
      );
    const [all, some] = [
      await plot(resultOf({ rows: rows(null) })),
      await plot(resultOf({ rows: rows('has no queue') })),
    ];
    const fills = (svg: string): (string | undefined)[] => symbolsIn(svg).map(({ attributes }) => attributes['fill']);
    expect(new Set(fills(all)).size).to.equal(3);
    expect([...new Set(fills(some))]).to.deep.equal([0, 2].map((i) => lookOf(i).light));
    expect(new Set(symbolsIn(all).map(({ attributes }) => attributes['d'])).size).to.equal(3);
  });

  it('puts points that grow by factors on an axis that does, and others evenly', async () => {
    const places = async (...points: number[]): Promise<number[]> => {
      const rows = points.map((x) => rowOf({ x }));
      const found = symbolsIn(await plot(resultOf({ rows })));
      return found.map(({ attributes }) => Number(/translate\(([\d.]+)/.exec(attributes['transform'] ?? '')?.[1]));
    };
    const [a, b, c] = await places(1, 10, 100);
    expect(b! - a!).to.be.closeTo(c! - b!, 1);
    const [d, e, f] = await places(0, 50, 100);
    expect(e! - d!).to.be.closeTo(f! - e!, 1);
    const [g, h, i] = await places(0, 1, 100);
    expect(h! - g!).to.be.greaterThan((i! - g!) / 20);
  });

  it('sets the marks of a point side by side', async () => {
    const rows = ['a', 'b', 'c'].flatMap((design) => [1, 2].map((x) => rowOf({ design, x })));
    const places = symbolsIn(await plot(resultOf({ rows }))).map(
      ({ attributes }) => /translate\(([\d.]+)/.exec(attributes['transform'] ?? '')?.[1],
    );
    expect(new Set(places).size).to.equal(rows.length);
  });

  it('has marks with an area to fill, of every design and the edge', async () => {
    const rows = [...rivals.map(({ name }) => name), 'edge'].map((design) => rowOf({ design }));
    const marks = symbolsIn(await plot(resultOf({ rows })));
    for (const { attributes } of marks) expect(areaOf(attributes['d'] ?? '')).to.be.greaterThan(5);
    expect(marks).to.have.length(rows.length);
  });

  it('is dark for readers who have it dark', async () => {
    const svg = await plot(resultOf());
    const [, style] = /<style>(.*?)<\/style>/.exec(svg) ?? [];
    expect(style).to.match(/^@media \(prefers-color-scheme:dark\)\{/);
    for (const [, colour] of svg.matchAll(/(?:fill|stroke)="(#\w+)"/g)) expect(style).to.include(`"${colour}"`);
  });

  it('has the designs in the order of the rows', async () => {
    const rows = ['z', 'a', 'm'].map((design) => rowOf({ design }));
    const texts = everyElement(parseXml(await plot(resultOf({ rows }))))
      .filter(({ name, text }) => name === 'text' && /^[zam]$/.test(text))
      .map(({ text }) => text);
    expect(texts).to.deep.equal(['z', 'a', 'm']);
  });

  it('shows what was counted where no time decides, also where it is nothing', async () => {
    const svg = await plot(resultOf({ decides: ['wasted'] }));
    expect(textsIn(svg)).to.include('wasted: done in vain');
    expect(symbolsIn(svg)).to.have.length(resultOf().rows.length);
  });

  it('leaves out who cannot, and draws nothing where nothing decides', async () => {
    const rows = [rowOf(), rowOf({ design: 'b', cannot: 'has no queue', figures: {} })];
    const texts = everyElement(parseXml(await plot(resultOf({ rows })))).map(({ text }) => text);
    expect(texts).to.include('waitQueue').and.to.not.include('b');
    expect(parseXml(await plot(resultOf({ decides: [] }))).name).to.equal('svg');
  });

  it('draws one point, and none', async () => {
    for (const rows of [[rowOf()], []]) expect(parseXml(await plot(resultOf({ rows }))).name).to.equal('svg');
  });
});

describe('the XML reader of these specs', () => {
  for (const bad of ['<a>', '<a></b>', '<a>&</a>', '<a b="1" b="2"/>', '<a/><b/>', '<a b=1/>', '<a> < </a>']) {
    it(`refuses ${bad}`, () => {
      expect(() => parseXml(bad)).to.throw();
    });
  }
});
