import { once } from 'node:events';
import { existsSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { claimFiles, releaseFiles } from '../../lib/cli/file-claims.js';
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

  it('makes files that are not there, and removes them when another is refused (I6)', async () => {
    const at = (name: string): string => join(folder.path, name);
    writeFileSync(at('there'), 'something');
    expect(await claimFiles([at('new'), at('there')], { make: true })).to.deep.equal([at('new')]);
    expect(readFileSync(at('new'), 'utf8') + readFileSync(at('there'), 'utf8')).to.equal('something');
    // Another path of the same file, which is only seen to be one once it is made.
    symlinkSync('.', at('here'));
    const twice = await claimFiles([at('c'), at('here/c')], { make: true }).then(null, (error: unknown) => error);
    expect([(twice as { code: string }).code, existsSync(at('c'))]).to.deep.equal(['ERR_CALL', false]);
    const nowhere = await claimFiles([at('d'), at('none/d')], { make: true }).then(null, (error: unknown) => error);
    expect([(nowhere as { code: string }).code, existsSync(at('d'))]).to.deep.equal(['ENOENT', false]);
  });

  it('leaves a file that another process has claimed alone, whoever made it', async function () {
    // Only Linux has abstract sockets.
    if (process.platform !== 'linux') this.skip();
    writeFileSync(join(folder.path, 'his'), '');
    const { dev, ino } = statSync(join(folder.path, 'his'), { bigint: true });
    const his = createServer()
      .unref()
      .listen(`\0wakechain ${String(dev)}:${String(ino)}`);
    await once(his, 'listening');
    expect(await codeOf('his')).to.equal('ERR_IN_USE');
    const mixed = ['mine', 'his'].map((name) => join(folder.path, name));
    const refused = await claimFiles(mixed, { make: true }).then(null, (error: unknown) => error);
    expect([(refused as { code: string }).code, ...mixed.map(existsSync)]).to.deep.equal(['ERR_IN_USE', false, true]);
    his.close();
    await once(his, 'close');
    expect(await codeOf('his')).to.equal(null);
  });
});
