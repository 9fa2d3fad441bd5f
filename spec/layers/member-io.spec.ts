import { expect } from 'chai';
import type { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { readMember, writeMember } from '../../lib/layers/member-io.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const pages = new PagePool().allocate(4096);
const range = pages.range(0, 1024);

describe('writeMember', () => {
  let disk: FaultyDevice;
  let told: (IoError | null)[];
  const write = (): void => writeMember(disk, range, { position: 512, fua: true }, (error) => told.push(error));
  beforeEach(() => {
    disk = new FaultyDevice();
    told = [];
  });

  it('tells that all was written, once, now or later', () => {
    write();
    expect([told, disk.only.fua, disk.log]).to.deep.equal([[], true, ['write 512+1024']]);
    disk.only.answer();
    disk.inline = true;
    write();
    expect(told).to.deep.equal([null, null]);
  });

  it('tells the error of a write that failed, was short, or was refused', async () => {
    write();
    disk.only.fail('ENOSPC');
    write();
    disk.only.answer({ missing: [{ offset: 512, length: 512 }] });
    await disk.close();
    write();
    expect(told.map((error) => error?.code)).to.deep.equal(['ENOSPC', 'EIO', 'EIO']);
    expect(told.map((error) => error?.succeeded)).to.deep.equal([[], [{ offset: 0, length: 512 }], []]);
  });
});

describe('readMember', () => {
  it('resolves when all was read, and fails when it is short', async () => {
    const disk = new FaultyDevice({ inline: true });
    disk.contents.fill(7);
    await readMember(disk, range, 512);
    expect(pages.bytes(0, 1024).every((byte) => byte === 7)).to.equal(true);
    disk.inline = false;
    const read = readMember(disk, range, 512);
    disk.only.answer({ missing: [{ offset: 0, length: 512 }] });
    expect(String(await read.catch((error: unknown) => error))).to.equal('IoError: EIO: disk read short');
  });
});
