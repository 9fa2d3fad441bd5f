import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { blockDeviceSize, isBlockDevice } from '../../lib/devices/block-device.js';
import { FileDevice, PagePool } from '../../lib/io/index.js';
import { useFolder } from '../compare/support.js';
import { hasLoopDevices, loopDevice, noLoopDevices } from './loop-device.js';

describe('isBlockDevice', () => {
  const folder = useFolder();

  it('tells files, and what is not there, apart', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    expect([await isBlockDevice(join(folder.path, 'file')), await isBlockDevice(join(folder.path, 'none'))]).to.deep.equal([false, false]); // prettier-ignore
    expect(await isBlockDevice('/dev/null')).to.equal(false);
  });

  (hasLoopDevices ? it : it.skip)(
    `lets a FileDevice be a whole disk, of its size, and no part of two (I6)${noLoopDevices}`,
    async () => {
      const backing = join(folder.path, 'backing');
      const loop = loopDevice(backing, 3 << 20);
      try {
        const { size, rdev } = statSync(loop.path, { bigint: true });
        expect([await isBlockDevice(loop.path), size, await blockDeviceSize(loop.path, rdev)]).to.deep.equal([true, 0n, 3 << 20]); // prettier-ignore
        const pages = new PagePool().allocate(8192);
        pages.set(new Uint8Array(8192).fill(7));
        const codeOf = (options: object) => FileDevice.open(loop.path, options).then((device) => device.close(), (error: unknown) => (error as { code: string }).code); // prettier-ignore
        const device = await FileDevice.open(loop.path);
        expect(device.size).to.equal(3 << 20);
        expect(await codeOf({})).to.equal('EBUSY');
        expect(await codeOf({ readOnly: true })).to.equal(undefined);
        await device.write(pages.range(0, 8192), { position: device.size - 8192, fua: true });
        await device.writeZeroes(4096, { position: device.size - 4096 });
        await device.flush();
        await device.close();
        // Neither longer nor shorter, nor made anew.
        expect([await codeOf({ size: 4 << 20 }), await codeOf({ size: 1 << 20 }), await codeOf({ size: 3 << 20 })]).to.deep.equal(['ERR_SIZE', 'ERR_SIZE', undefined]); // prettier-ignore
        expect(await codeOf({ direct: 'try' })).to.equal(undefined);
        const end = readFileSync(backing).subarray(-8192);
        expect([end[0], end[4095], end[4096], end[8191]]).to.deep.equal([7, 7, 0, 0]);
        pages.free();
      } finally {
        loop.free();
      }
    },
  );

  it('says so where the size of one cannot be told', async () => {
    const refused = await blockDeviceSize('/dev/none', 0xfffffn).then(null, (error: unknown) => error);
    expect(refused).to.include({ code: 'ERR_SIZE', option: 'path' });
  });
});
