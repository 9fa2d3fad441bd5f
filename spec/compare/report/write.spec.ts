import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { reportPage } from '../../../lib/compare/report/html.js';
import { reportText } from '../../../lib/compare/report/markdown.js';
import { checkReport, writeReport } from '../../../lib/compare/report/write.js';
import { rejectionOf, useFolder } from '../support.js';
import { comparisonOf, parseXml, resultOf } from './support.js';

const files = ['comparison.json', 'layers.svg', 'report.html', 'report.md'];

describe('writeReport', () => {
  const folder = useFolder();

  it('writes the report, its plots and the figures into a folder that it makes', async () => {
    const directory = join(folder.path, 'made', 'deep');
    const path = await writeReport(comparisonOf(), directory);
    expect(path).to.equal(join(directory, 'report.html'));
    expect(readdirSync(directory).sort()).to.deep.equal(files);
    expect(readFileSync(path, 'utf8')).to.equal(await reportPage(comparisonOf()));
    expect(readFileSync(join(directory, 'report.md'), 'utf8')).to.equal(reportText(comparisonOf()));
    expect(JSON.parse(readFileSync(join(directory, 'comparison.json'), 'utf8'))).to.deep.equal(comparisonOf());
    expect(parseXml(readFileSync(join(directory, 'layers.svg'), 'utf8')).name).to.equal('svg');
  });

  it('replaces an earlier report and leaves other files alone', async () => {
    const directory = join(folder.path, 'earlier');
    mkdirSync(directory);
    for (const name of ['report.md', 'notes.txt']) writeFileSync(join(directory, name), 'earlier');
    await writeReport(comparisonOf(), directory);
    expect(readdirSync(directory).sort()).to.deep.equal([...files, 'notes.txt'].sort());
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
