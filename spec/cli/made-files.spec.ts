import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { MadeFiles } from '../../lib/cli/made-files.js';
import { useFolder } from '../compare/support.js';

describe('MadeFiles', () => {
  const folder = useFolder();
  const at = (name: string): string => join(folder.path, name);
  afterEach(() => sinon.restore());

  it('makes files that are not there, and removes these alone (I6)', () => {
    writeFileSync(at('there'), 'something');
    const made = new MadeFiles();
    expect([made.make(at('there'), new Uint8Array(8)), made.make(at('key'), Buffer.from('secret'), 0o600)]).to.deep.equal([false, true]); // prettier-ignore
    expect([readFileSync(at('key'), 'utf8'), statSync(at('key')).mode & 0o777]).to.deep.equal(['secret', 0o600]);
    expect(() => made.make(at('none/a'))).to.throw(/ENOENT/);
    expect([made.remove(), made.remove()]).to.deep.equal([[at('key')], []]);
    expect([existsSync(at('key')), readFileSync(at('there'), 'utf8')]).to.deep.equal([false, 'something']);
    made[Symbol.dispose]();
  });

  it('leaves what has come to be in the place of one, or is gone, or was left, kept or is in use (I6)', () => {
    let inUse = false;
    using made = new MadeFiles(() => inUse);
    for (const name of ['gone', 'replaced', 'left']) made.make(at(name));
    rmSync(at('gone'));
    writeFileSync(at('new'), 'something else');
    renameSync(at('new'), at('replaced'));
    made.leave(at('left'));
    expect([made.remove(), existsSync(at('replaced')), existsSync(at('left'))]).to.deep.equal([[], true, true]);
    made.make(at('kept'));
    made.keep();
    expect(made.remove()).to.deep.equal([]);
    made.make(at('used'));
    inUse = true;
    expect([made.remove(), existsSync(at('kept')), existsSync(at('used'))]).to.deep.equal([[], true, true]);
  });

  it('removes them when the process ends, and listens for that no longer than it is needed', () => {
    const before = process.listenerCount('exit');
    {
      using made = new MadeFiles();
      made.make(at('a'));
      process.listeners('exit').at(-1)?.(0);
      expect(existsSync(at('a'))).to.equal(false);
      made.make(at('b'));
    }
    expect([existsSync(at('b')), process.listenerCount('exit')]).to.deep.equal([false, before]);
  });

  it('tells of one that cannot be removed, and removes the others', () => {
    using made = new MadeFiles();
    mkdirSync(at('sub'));
    made.make(at('sub/a'));
    made.make(at('c'));
    rmSync(at('sub'), { recursive: true });
    writeFileSync(at('sub'), '');
    const told = sinon.stub(process.stderr, 'write').returns(true);
    const removed = made.remove();
    const said = told.args.map(([text]) => String(text));
    told.restore();
    expect([removed, said.length]).to.deep.equal([[at('c')], 1]);
    expect(said[0]).to.match(/^wakechain: what was made is left: ENOTDIR: .*a'\n$/);
  });
});
