import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildCommand, root } from '../cli/support.js';
import { useFolder } from './support.js';

/** The built package as it is installed: beside its dependencies, and without what is optional. */
describe('the comparison without vega, vega-lite and rxjs', function () {
  this.timeout(60_000);
  before(buildCommand);
  const folder = useFolder();
  let installed: string;

  before(() => {
    const modules = join(folder.path, 'node_modules');
    installed = join(modules, 'wakechain');
    mkdirSync(installed, { recursive: true });
    for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(installed, part), { recursive: true });
    for (const name of ['commander', 'cli-progress']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(folder.path, 'file'), 'contents');
  });

  const runScript = (source: string): unknown => {
    const args = ['--input-type=module', '--eval', source];
    return JSON.parse(execFileSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' }));
  };

  it('finds none of them', () => {
    const found = runScript(`
      const found = [];
      for (const name of ['vega', 'vega-lite', 'rxjs']) await import(name).then(() => found.push(name), () => {});
      console.log(JSON.stringify(found));`);
    expect(found).to.deep.equal([]);
  });

  it('runs, and prints tables and a report', () => {
    const found = runScript(`
      import { compare, comparisonText, reportText } from 'wakechain/compare';
      const found = await compare({ file: 'file', plan: 'quick', rounds: 1, fileRounds: 1, experiments: ['real-file', 'depth'] });
      console.log(JSON.stringify([found.experiments[0].notes.length === 1, comparisonText(found), reportText(found)]));`);
    const [verified, text, report] = found as [boolean, string, string];
    expect(verified).to.equal(true);
    expect(text).to.include('layers: Pass layers over a device');
    expect(report).to.include('![Layers that pass a request on](depth.svg)');
    expect(text).to.include('rxjs cannot: it needs the optional package rxjs: npm install rxjs');
  });

  it('says what the design made of operators needs, with a code', () => {
    const found = runScript(`
      import { loadRxjs } from 'wakechain/compare';
      await loadRxjs().catch(({ code, message }) => console.log(JSON.stringify([code, message])));`);
    const [code, message] = found as [string, string];
    expect(code).to.equal('ERR_PEER');
    expect(message).to.match(/^needs the optional package rxjs: npm install rxjs .*$/);
  });

  it('says in one line what plots need', () => {
    const found = runScript(`
      import { plot, writeReport } from 'wakechain/compare';
      const result = { name: 'a', title: 'A', question: 'A?', unit: 'a', xLabel: 'A', metrics: [], decides: [], notes: [], seed: 1, rows: [] };
      const errors = [];
      await plot(result).catch((error) => errors.push(error));
      await writeReport({ experiments: [result] }, 'out').catch((error) => errors.push(error));
      console.log(JSON.stringify(errors.map(({ code, message }) => [code, message])));`);
    const errors = found as [code: string, message: string][];
    expect(errors.map(([code]) => code)).to.deep.equal(['ERR_PEER', 'ERR_PEER']);
    for (const [, message] of errors) {
      expect(message).to.match(/^Plots need the optional packages vega and vega-lite: npm install vega vega-lite .*$/);
    }
    expect(existsSync(join(folder.path, 'out'))).to.equal(false);
  });

  const command = (...args: string[]) => {
    return spawnSync(process.execPath, [join(installed, 'dist/cli/main.js'), 'compare', ...args], {
      cwd: folder.path,
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
      encoding: 'utf8',
    });
  };

  it('runs as a command', () => {
    const { status, stdout, stderr } = command('--file', 'file', '--rounds', '1', '--experiment', 'real-file');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.include('came back under each design');
  });

  it('refuses --out in one line before anything is run', () => {
    const { status, stdout, stderr } = command('--out', 'out');
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
    expect(stderr).to.match(/^wakechain: Plots need the optional packages vega and vega-lite: npm install .*\n$/);
    expect(existsSync(join(folder.path, 'out'))).to.equal(false);
    expect(folder.left()).to.deep.equal([]);
  });
});
