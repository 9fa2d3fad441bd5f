import { once } from 'node:events';
import { existsSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { claimFiles, releaseFiles } from '../../lib/cli/file-claims.js';
import { MadeFiles } from '../../lib/cli/made-files.js';
import { useFolder } from '../compare/support.js';

describe('claimFiles', () => {
  const folder = useFolder();
  afterEach(releaseFiles);
  const codeOf = (...names: string[]): Promise<unknown> =>
    claimFiles(names.map((name) => join(folder.path, name))).then(
      () => null,
      (error: unknown) => (error as { code: string }).code,
    );

  it('refuses a file that is named twice, by another path or link too, or before it is there', async () => {
    writeFileSync(join(folder.path, 'a'), '');
    linkSync(join(folder.path, 'a'), join(folder.path, 'link'));
    expect(await codeOf('a', 'link')).to.equal('ERR_CALL');
    expect(await codeOf('none', 'x/../none')).to.equal('ERR_CALL');
    // What was refused was not claimed.
    expect(await codeOf('a')).to.equal(null);
    expect(await codeOf('link')).to.equal('ERR_CALL');
  });

  it('makes files that are not there, and claims nothing when another is refused (I6)', async () => {
    const at = (name: string): string => join(folder.path, name);
    writeFileSync(at('there'), 'something');
    using made = new MadeFiles();
    await claimFiles([at('new'), at('there')], made);
    expect([made.paths, readFileSync(at('new'), 'utf8')]).to.deep.equal([[at('new')], '']);
    expect(readFileSync(at('there'), 'utf8')).to.equal('something');
    // Another path of the same file, which is only seen to be one once it is made.
    symlinkSync('.', at('here'));
    const twice = await claimFiles([at('c'), at('here/c')], made).then(null, (error: unknown) => error);
    expect((twice as { code: string }).code).to.equal('ERR_CALL');
    const nowhere = await claimFiles([at('d'), at('none/d')], made).then(null, (error: unknown) => error);
    expect((nowhere as { code: string }).code).to.equal('ENOENT');
    expect(made.paths).to.deep.equal(['new', 'c', 'd'].map(at));
    expect([await codeOf('c'), await codeOf('d')]).to.deep.equal([null, null]);
  });

  it('leaves a file that another process has claimed alone, whoever made it', async function () {
    // Only Linux has abstract sockets.
    if (process.platform !== 'linux') this.skip();
    writeFileSync(join(folder.path, 'his'), '');
    const his = [claimedBySomebody(join(folder.path, 'his'))];
    expect(await codeOf('his')).to.equal('ERR_IN_USE');
    // He has what was made here before it is claimed here.
    class Contended extends MadeFiles {
      override make(path: string): boolean {
        const isMade = super.make(path);
        if (path.endsWith('theirs')) his.push(claimedBySomebody(path));
        return isMade;
      }
    }
    using made = new Contended();
    const mixed = ['mine', 'theirs', 'never'].map((name) => join(folder.path, name));
    const refused = await claimFiles(mixed, made).then(null, (error: unknown) => error);
    expect([(refused as { code: string }).code, made.remove()]).to.deep.equal(['ERR_IN_USE', [mixed[0]]]);
    expect(mixed.map(existsSync)).to.deep.equal([false, true, false]);
    await Promise.all(his.map((server) => once(server.close(), 'close')));
    expect(await codeOf('his')).to.equal(null);
  });
});

function claimedBySomebody(path: string): Server {
  const { dev, ino } = statSync(path, { bigint: true });
  return createServer()
    .unref()
    .listen(`\0wakechain ${String(dev)}:${String(ino)}`);
}
