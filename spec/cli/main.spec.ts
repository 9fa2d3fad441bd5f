import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { useFolder } from '../compare/support.js';
import { built, buildCommand, root, start, wakechain } from './support.js';

describe('wakechain', function () {
  this.timeout(60_000);
  // First, so that what building leaves in the temporary directory is not taken for the command's.
  before(buildCommand);
  const folder = useFolder();

  const run = (...args: string[]) => wakechain(args, { tmp: folder.tmp });

  it('prints its version, that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await run('--version')).to.include({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await run('-V')).stdout).to.equal(`${version}\n`);
  });

  it('tells its commands', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^Usage: wakechain /);
    expect(stdout).to.match(/^ {2}compare \[options\]/m);
    for (const name of ['serve', 'create', 'info', 'check', 'rebuild']) {
      expect(stdout).to.match(new RegExp(`^ {2}${name} \\[options\\] \\[stack\\]`, 'm'));
    }
    expect((await run('help')).stdout).to.equal(stdout);
  });

  it('tells the options of compare, each of them', async () => {
    const { code, stdout, stderr } = await run('compare', '--help');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    for (const flag of ['file', 'strategy', 'experiment', 'rounds', 'seed', 'json', 'out', 'help']) {
      expect(stdout).to.match(new RegExp(`^ +(-h, )?--${flag} `, 'm'));
    }
    expect((await run('help', 'compare')).stdout).to.equal(stdout);
  });

  const wrongCalls: [args: string, stderr: RegExp][] = [
    ['nope', /^error: unknown command 'nope'\n$/],
    ['--nope', /^error: unknown option '--nope'\n$/],
    ['compare --nope', /^error: unknown option '--nope'\n$/],
    ['compare extra', /^error: too many arguments for 'compare'.*\n$/],
    ['compare --file', /^error: option '--file <path>' argument missing\n$/],
    ['compare --strategy', /^error: option '--strategy <name...>' argument missing\n$/],
    ['compare --rounds 0', /^error: option '--rounds <n>' argument '0' is invalid\. .* from 1 up\.\n$/],
    ['compare --rounds 1.5', /^error: option '--rounds <n>' argument '1\.5' is invalid\. .*\n$/],
    ['compare --rounds many', /^error: option '--rounds <n>' argument 'many' is invalid\. .*\n$/],
    ['compare --rounds=', /^error: option '--rounds <n>' argument '' is invalid\. .*\n$/],
    ['compare --seed -1', /^error: option '--seed <n>' argument '-1' is invalid\. .* from 0 up\.\n$/],
    ['compare --strategy nope', /^wakechain: Unknown design 'nope'; known are waitQueue, .*\n$/],
    ['compare --strategy waitQueue nope', /^wakechain: Unknown design 'nope'; known are waitQueue, .*\n$/],
    ['compare --experiment nope', /^wakechain: Unknown experiment 'nope'; known are real-file, depth, .*\n$/],
  ];
  for (const [args, line] of wrongCalls) {
    it(`refuses \`${args}\` with one line and exit code 2`, async () => {
      const { code, stdout, stderr } = await run(...args.split(' '));
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(line);
      expect(folder.left()).to.deep.equal([]);
    });
  }

  it('tells its commands when it is called without one, with exit code 2', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.match(/^Usage: wakechain /);
  });

  describe('when its output goes nowhere', () => {
    const quick = ['compare', '--experiment', 'depth', '--rounds', '1', '--strategy', 'waitQueue'];

    it('ends quietly when the reader has gone', () => {
      const command = ['node', built, ...quick].slice(1).map((arg) => `'${arg}'`);
      const script = `set -o pipefail; '${process.execPath}' ${command.join(' ')} | true`;
      const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    });

    it('says so in one line when it cannot be written', function () {
      if (process.platform !== 'linux') this.skip();
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(process.execPath, [built, ...quick], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
      closeSync(full);
      expect({ status, stderr }).to.deep.equal({
        status: 1,
        stderr: 'wakechain: ENOSPC: no space left on device, write\n',
      });
    });
  });

  describe('run from its sources', () => {
    // tsx keeps its own cache there.
    const tmp = tmpdir();
    const fromSource = (...args: string[]) =>
      start(process.execPath, ['--import', 'tsx', join(root, 'lib/cli/main.ts'), ...args], { tmp }).ended;

    it('does the same', async () => {
      const file = join(folder.path, 'file');
      writeFileSync(file, 'contents');
      const args = ['--file', file, '--strategy', 'waitQueue', '--experiment', 'real-file', 'depth', '--rounds', '1'];
      const { code, stdout, stderr } = await fromSource('compare', ...args, '--seed', '3', '--out', `${file}-out`);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: `Report: ${file}-out/report.html\n` });
      expect(stdout).to.include('came back under each design').and.to.include('seed 3');
    });

    it('fails the same', async () => {
      expect(await fromSource('compare', '--rounds', 'x')).to.include({ code: 2, stdout: '' });
      expect(await fromSource('compare', '--strategy', 'x')).to.include({ code: 2, stdout: '' });
      expect(await fromSource('compare', '--file', '/no/such/file')).to.include({
        code: 1,
        stdout: '',
        stderr: 'wakechain: /no/such/file: no such file or directory (ENOENT)\n',
      });
    });
  });
});
