import { expect } from 'chai';
import { plot } from '../../../lib/compare/report/plot.js';
import { rowOf } from '../support.js';
import { parseXml, resultOf, type Element } from './support.js';

function everyElement(root: Element): Element[] {
  return [root, ...root.children.flatMap(everyElement)];
}

describe('plot', function () {
  this.timeout(20_000);

  it('is well-formed SVG with a title and a description', async () => {
    const svg = parseXml(await plot(resultOf()));
    expect(svg.name).to.equal('svg');
    expect(svg.attributes['xmlns']).to.equal('http://www.w3.org/2000/svg');
    const [title, description] = svg.children;
    expect([title!.name, title!.text]).to.deep.equal(['title', 'Layers &amp; &lt;more&gt;']);
    expect(description!.name).to.equal('desc');
    expect(description!.text).to.equal(
      'Is 1 &lt; 2 &amp; so on? Plotted: µs per request, one line for each design; ' +
        'from left to right: Layers of "nothing".',
    );
  });

  it('shows each point of each design in microseconds, and names designs and axes', async () => {
    const elements = everyElement(parseXml(await plot(resultOf())));
    const texts = elements.filter(({ name }) => name === 'text').map(({ text }) => text);
    expect(texts).to.include.members(['0', '10', '1,000', 'waitQueue', 'cloneKiobuf', 'µs per request']);
    const labels = elements.map(({ attributes }) => attributes['aria-label'] ?? '');
    for (const { x, design, figures } of resultOf().rows) {
      const ns = figures['time']!.value!;
      const label = new RegExp(`: ${x.toLocaleString('en')}; µs per request: ${ns / 1000}; design: ${design}$`);
      expect(labels.some((each) => label.test(each))).to.equal(true, `${x} ${design} among ${labels.join('\n')}`);
    }
  });

  it('has the designs in the order of the rows', async () => {
    const rows = ['z', 'a', 'm'].map((design) => rowOf({ design }));
    const texts = everyElement(parseXml(await plot(resultOf({ rows }))))
      .filter(({ name, text }) => name === 'text' && /^[zam]$/.test(text))
      .map(({ text }) => text);
    expect(texts).to.deep.equal(['z', 'a', 'm']);
  });

  it('shows what was counted where no time decides, also where it is nothing', async () => {
    const elements = everyElement(parseXml(await plot(resultOf({ decides: ['wasted'] }))));
    expect(elements.filter(({ name }) => name === 'text').map(({ text }) => text)).to.include('wasted');
    const labels = elements.map(({ attributes }) => attributes['aria-label'] ?? '');
    expect(labels.some((label) => label.endsWith('; wasted: 250; design: cloneKiobuf'))).to.equal(true);
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
