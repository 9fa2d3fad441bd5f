import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fileSize } from '../../lib/cli/file-size.js';

describe('fileSize', () => {
  it('answers the bytes of a file, null when it is not there, and tells any other error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-size-'));
    try {
      const file = join(folder, 'file');
      expect(await fileSize(file)).to.equal(null);
      writeFileSync(file, 'four');
      expect(await fileSize(file)).to.equal(4);
      const error: unknown = await fileSize(join(file, 'below')).catch((reason: unknown) => reason);
      expect((error as NodeJS.ErrnoException).code).to.equal('ENOTDIR');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
