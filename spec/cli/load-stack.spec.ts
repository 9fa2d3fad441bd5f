import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadStack } from '../../lib/cli/load-stack.js';
import { useFolder } from '../compare/support.js';
import { buildCommand, root, start } from './support.js';

describe('loadStack', function () {
  this.timeout(60_000);
  before(buildCommand);
  const folder = useFolder();

  it('loads what opens stacks', async () => {
    expect(await loadStack()).to.include.keys('openStack', 'rehearse', 'parseDescription', 'lookAt');
  });

  it('says in one line what to install where the package is not there, and leaves the rest of the command', async () => {
    const modules = join(folder.path, 'node_modules');
    mkdirSync(modules);
    for (const name of ['commander', 'cli-progress'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    cpSync(join(root, 'dist'), join(folder.path, 'dist'), { recursive: true, dereference: true });
    cpSync(join(root, 'package.json'), join(folder.path, 'package.json'));
    const run = (...args: string[]) => start(process.execPath, [join(folder.path, 'dist/cli/main.js'), ...args], folder).ended; // prettier-ignore
    for (const command of ['serve', 'create', 'info', 'check', 'rebuild']) {
      const ended = await run(command, '--file', join(folder.path, 'package.json'));
      expect(ended, command).to.deep.include({
        code: 1,
        stdout: '',
        stderr: 'wakechain: stacks need the package valibot: npm install valibot\n',
      });
      expect(await run(command, '--help')).to.include({ code: 0, stderr: '' });
    }
  });
});
