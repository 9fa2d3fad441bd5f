import { linkSync, writeFileSync } from 'node:fs';
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
});
