import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf, READ, TransferThread, WRITE } from '../../lib/devices/transfer-thread.js';

describe('TransferThread', () => {
  let folder = '';
  let fd = -1;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wakechain-transfers-'));
    const path = join(folder, 'file');
    writeFileSync(path, new Uint8Array(1 << 18).fill(7));
    fd = openSync(path, 'r');
  });
  const buffer = new SharedArrayBuffer(1 << 18);
  let thread: TransferThread;
  beforeEach(() => {
    thread = new TransferThread(fd);
  });
  afterEach(() => thread.close());
  after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const transfer = (kind: number, length: number): Promise<number | 'refused'> =>
    new Promise((resolve) => {
      if (!thread.ask({ answered: resolve }, kind, buffer, 0, length, 0)) resolve('refused');
    });

  it('makes transfers of up to 128 KiB, and answers with the bytes or the number of the error', async () => {
    expect(await transfer(READ, 1 << 17)).to.equal(1 << 17);
    expect(new Uint8Array(buffer)[(1 << 17) - 1]).to.equal(7);
    expect(await transfer(READ, (1 << 17) + 1)).to.equal('refused');
    const written = await transfer(WRITE, 512);
    expect(errorOf(Number(written), 'write')).to.include({ code: 'EBADF' });
  });

  it('is given one at a time after one that was slow, until eight in a row were quick', async () => {
    thread.took(1);
    for (let quick = 0; quick < 8; quick++) {
      const first = transfer(READ, 512);
      expect(await transfer(READ, 512)).to.equal('refused');
      expect(await first).to.equal(512);
      thread.took(0.01);
    }
    expect(await Promise.all([transfer(READ, 512), transfer(READ, 512)])).to.deep.equal([512, 512]);
  });

  it('is not given what comes one at a time, until two were under way at once', async () => {
    const alone = async (): Promise<number | 'refused'> => {
      thread.begins();
      const result = await transfer(READ, 512);
      thread.ends();
      return result;
    };
    // Nothing is known of the first.
    expect([await alone(), await alone(), await alone()]).to.deep.equal([512, 'refused', 'refused']);
    thread.begins();
    thread.begins();
    expect(await transfer(READ, 512)).to.equal(512);
    thread.ends();
    thread.ends();
    expect([await alone(), await alone()]).to.deep.equal([512, 'refused']);
  });
});
