import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkReport, reportText, writeReport } from '../../../lib/compare/report/markdown.js';
import { plans } from '../../../lib/compare/index.js';
import { experimentTable } from '../../../lib/compare/report/table.js';
import { rejectionOf, useFolder } from '../support.js';
import { comparisonOf, parseMarkdownTable, parseXml, resultOf } from './support.js';

describe('reportText', () => {
  const tablesIn = (text: string): string[] => text.split('\n\n').filter((part) => part.startsWith('|'));

  it('has tables that parse: what the designs can do, and the figures', () => {
    const tables = tablesIn(reportText(comparisonOf())).map((table) => parseMarkdownTable(table).cells);
    expect(tables).to.have.length(2);
    expect(tables[0]!.map(([name]) => name)).to.deep.equal(['design', 'waitQueue', 'cloneKiobuf']);
    expect(tables[1]).to.deep.equal(experimentTable(resultOf()));
  });

  it('has a heading, the question, the answer, the picture and the way to run it again for each experiment', () => {
    const text = reportText(comparisonOf({ plan: { ...plans.quick, rounds: 7 }, seed: 9 }));
    expect(text.match(/^#.*$/gm)).to.deep.equal(['# The designs compared', '## Layers & <more>']);
    expect(text).to.include('**Is 1 < 2 & so on?**');
    expect(text).to.include('\n- Least time: waitQueue at layers 0 to 1,000.\n');
    expect(text).to.include('![Layers & <more>](layers.svg)');
    expect(text).to.include('\nlayers: Layers of "nothing". wasted: done in vain; ');
    expect(text).to.include('`wakechain compare --experiment layers --quick --rounds 7 --seed 9`');
    expect(reportText(comparisonOf())).to.include('`wakechain compare --experiment layers --seed 1`');
  });

  it('leaves out what was not run', () => {
    const text = reportText(comparisonOf({ experiments: [] }));
    expect(text.match(/^#.*$/gm)).to.deep.equal(['# The designs compared']);
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

describe('writeReport', function () {
  this.timeout(20_000);
  const folder = useFolder();

  it('writes the report, its plots and the figures into a folder that it makes', async () => {
    const directory = join(folder.path, 'made', 'deep');
    const path = await writeReport(comparisonOf(), directory);
    expect(path).to.equal(join(directory, 'report.md'));
    expect(readdirSync(directory).sort()).to.deep.equal(['comparison.json', 'layers.svg', 'report.md']);
    expect(readFileSync(path, 'utf8')).to.equal(reportText(comparisonOf()));
    expect(JSON.parse(readFileSync(join(directory, 'comparison.json'), 'utf8'))).to.deep.equal(comparisonOf());
    expect(parseXml(readFileSync(join(directory, 'layers.svg'), 'utf8')).name).to.equal('svg');
  });

  it('replaces an earlier report and leaves other files alone', async () => {
    const directory = join(folder.path, 'earlier');
    mkdirSync(directory);
    for (const name of ['report.md', 'notes.txt']) writeFileSync(join(directory, name), 'earlier');
    await writeReport(comparisonOf(), directory);
    expect(readdirSync(directory).sort()).to.deep.equal(['comparison.json', 'layers.svg', 'notes.txt', 'report.md']);
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).to.equal('earlier');
    expect(readFileSync(join(directory, 'report.md'), 'utf8')).to.equal(reportText(comparisonOf()));
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const directory = join(folder.path, 'cancelled');
    const signal = AbortSignal.abort(new Error('enough'));
    expect((await rejectionOf(writeReport(comparisonOf(), directory, { signal }))).message).to.equal('enough');
    const noPlots = comparisonOf({ experiments: [] });
    expect((await rejectionOf(writeReport(noPlots, directory, { signal }))).message).to.equal('enough');
    expect(existsSync(directory)).to.equal(false);
  });

  it('leaves an earlier report whole when it fails', async () => {
    const directory = join(folder.path, 'whole');
    mkdirSync(directory);
    writeFileSync(join(directory, 'report.md'), 'earlier');
    const unwritable = comparisonOf({ experiments: [resultOf({ name: 'no/such/folder' })] });
    expect(await rejectionOf(writeReport(unwritable, directory))).to.have.property('code', 'ENOENT');
    expect(readdirSync(directory)).to.deep.equal(['report.md']);
    expect(readFileSync(join(directory, 'report.md'), 'utf8')).to.equal('earlier');
  });
});

describe('checkReport', () => {
  const folder = useFolder();

  it('accepts a folder, and one that can be made, and makes none', async () => {
    await checkReport(folder.path);
    await checkReport(join(folder.path, 'not', 'yet'));
    expect(readdirSync(folder.path)).to.deep.equal(['tmp']);
  });

  it('refuses a file in its place, or on the way', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    expect(await rejectionOf(checkReport(join(folder.path, 'file')))).to.have.property('code', 'ERR_DIRECTORY');
    expect(await rejectionOf(checkReport(join(folder.path, 'file', 'out')))).to.have.property('code', 'ENOTDIR');
  });
});
