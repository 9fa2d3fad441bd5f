import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileTransfer } from '../../lib/devices/file-transfer.js';
import type { Transfer } from '../../lib/io/io.js';
import { joinPages } from '../../lib/io/join-pages.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';

describe('FileTransfer', () => {
  let folder = '';
  let path = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wakechain-transfer-'));
    path = join(folder, 'file');
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const blocking of [false, true]) {
    it(`is used for one transfer after the other, of any memory, ${blocking ? 'at once' : 'later'}`, async () => {
      writeFileSync(path, Uint8Array.from({ length: 1 << 18 }, (_, i) => i >> 12));
      const fd = openSync(path, 'r+');
      let told: (bytes: number) => void = () => undefined;
      const transfer = new FileTransfer({ path, fd, length: 1 << 18, alignment: 1 }, null, (_transfer, _io, bytes) => told(bytes));
      const carry = (operation: Transfer['operation'], pages: PageVector | null, length: number): Promise<number> =>
        new Promise((resolve) => {
          told = resolve;
          const io = { operation, position: 4096, pages, offset: 0, length, fua: false, finish: () => undefined };
          transfer.begin(io, blocking);
        });
      const [one, other] = [new PagePool().allocate(8192), new PagePool().allocate(8192)];
      expect(await carry('read', one, 8192)).to.equal(8192);
      expect(await carry('read', other, 4096)).to.equal(4096);
      expect(await carry('writeZeroes', null, 1 << 17)).to.equal(1 << 17);
      expect(await carry('write', joinPages([one.range(4096, 4096), other.range(0, 4096)]), 8192)).to.equal(8192);
      expect([one, other].map((pages) => [pages.bytes()[0], pages.bytes()[4096]])).to.deep.equal([[1, 2], [1, 0]]);
      const file = readFileSync(path);
      expect([1, 2, 3, 32, 33].map((page) => file[page * 4096])).to.deep.equal([2, 1, 0, 0, 33]);
      closeSync(fd);
    });
  }
}); // prettier-ignore
