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
      for (const path of [folder, '/dev/null']) {
        const other: unknown = await fileSize(path).catch((reason: unknown) => reason);
        expect(other).to.include({ code: 'ERR_CALL', message: `${path} is neither a file nor a block device` });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
