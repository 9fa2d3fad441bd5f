import { expect } from 'chai';
import { reportText } from '../../../lib/compare/report/markdown.js';
import { plans } from '../../../lib/compare/index.js';
import { overviewTable } from '../../../lib/compare/report/overview.js';
import { countsTable, timesTable } from '../../../lib/compare/report/wide.js';
import { comparisonOf, parseMarkdownTable, resultOf } from './support.js';

describe('reportText', () => {
  const tablesIn = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n\n')
      .filter((part) => part.startsWith('|'));

  it('has tables that parse: the whole, what is timed, what is counted, and what the designs can do', () => {
    const tables = tablesIn(reportText(comparisonOf())).map((table) => parseMarkdownTable(table).cells);
    expect(tables).to.have.length(4);
    expect(tables.slice(0, 3)).to.deep.equal([
      overviewTable(comparisonOf()),
      timesTable(resultOf()),
      countsTable(resultOf()),
    ]);
    expect(tables[3]!.map(([name]) => name)).to.deep.equal(['design', 'waitQueue', 'cloneKiobuf']);
  });

  it('has a heading, the question, the answer, the picture and the way to run it again for each experiment', () => {
    const text = reportText(comparisonOf({ plan: { ...plans.quick, rounds: 7 }, seed: 9 }));
    expect(text.match(/^#.*$/gm)).to.deep.equal([
      '# The designs compared',
      '## Which design wins where',
      '## How it was measured',
      '## Layers & <more>',
      '## What each design can do',
    ]);
    expect(text).to.include('**Is 1 < 2 & so on?**');
    expect(text).to.include('\n- Least time: waitQueue at layers 0 to 1,000.\n');
    expect(text).to.include('![Layers & <more>](layers.svg)');
    expect(text).to.include('\nlayers: Layers of "nothing". wasted: done in vain; ');
    expect(text).to.include('`wakechain compare --experiment layers --quick --rounds 7 --seed 9`');
    expect(reportText(comparisonOf())).to.include('`wakechain compare --experiment layers --seed 1`');
  });

  it('leaves out what was not run', () => {
    const text = reportText(comparisonOf({ experiments: [] }));
    expect(text.match(/^#.*$/gm)).to.deep.equal([
      '# The designs compared',
      '## How it was measured',
      '## What each design can do',
    ]);
  });

  it('answers the questions that its experiments answer, with where each design is best', () => {
    const text = reportText(comparisonOf({ experiments: [resultOf({ name: 'read-ahead' })] }), { pictures: 'images/' });
    expect(text.match(/^##.*$/gm)!.slice(0, 4)).to.deep.equal([
      '## The answers',
      '## Which design wins where',
      '## How it was measured',
      '### Q4: read-ahead, read-ahead-merged',
    ]);
    expect(text).to.match(/^\*\*Q4\. For read-ahead, clones or one container with several wake functions\?\*\* \w/m);
    expect(text).to.include('](images/read-ahead.svg)');
    expect(parseMarkdownTable(tablesIn(text)[1]!).cells.map(([name]) => name)).to.deep.equal([
      'design',
      'waitQueue',
      'cloneKiobuf',
    ]);
  });

  it('says what a design cannot', () => {
    const { designs } = comparisonOf();
    const capabilities = { ...designs[0]!.capabilities, pulls: null };
    expect(reportText(comparisonOf({ designs: [{ name: 'mine', capabilities }] }))).to.match(/mine .*not at all/);
  });

  it('has no list where there is nothing to compare', () => {
    expect(reportText(comparisonOf({ experiments: [resultOf({ decides: [] })] }))).to.not.match(/^- /m);
  });
});
