import fs, { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { closeFile, openBlocks, type FileRequest } from '../../lib/devices/file-open.js';
import { newDirectFolder } from './direct-folder.js';

const folder = newDirectFolder();
const where = folder === null ? ' (skipped: no disk file system here, only tmpfs)' : '';

describe(`openBlocks${where}`, () => {
  if (folder === null) return;
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    sinon.restore();
    syncBuiltinESMExports();
  });
  const path = join(folder, 'file');
  const request = (change: Partial<FileRequest> = {}): FileRequest => ({
    path,
    size: 1 << 16,
    mayBeShort: false,
    blockSize: 4096,
    readOnly: false,
    direct: true,
    ...change,
  });
  const openHere = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    }).length;
  const refused = async (change?: Partial<FileRequest>): Promise<Error & { code?: string }> =>
    openBlocks(request(change)).then(
      () => expect.fail('it was opened'),
      (error: unknown) => error as Error,
    );

  /** Stands for a file system that refuses some direct calls: few machines have one. */
  const refuse = (
    name: 'open' | 'read',
    when: (fd: number, flags: number, offset: number, length: number) => boolean,
  ): void => {
    const real = fs[name] as (...given: unknown[]) => void;
    sinon.stub(fs, name).callsFake((...given: unknown[]) => {
      if (!when(...(given as [number, number, number, number]))) real(...given);
      else
        setImmediate(
          given.at(-1) as (error: Error) => void,
          Object.assign(new Error('EINVAL: injected'), { code: 'EINVAL' }),
        );
    });
    syncBuiltinESMExports();
  };
  it('aligns to the block, up to a page, and to nothing without direct I/O', async () => {
    for (const [blockSize, direct, alignment] of [[4096, true, 4096], [16384, true, 4096], [4096, false, 1]] as const) {
      const file = await openBlocks(request({ blockSize, direct }));
      expect([file.alignment, file.length, openHere()]).to.deep.equal([alignment, 1 << 16, 1]);
      await closeFile(file.fd);
    }
  }); // prettier-ignore

  it('refuses a size that would cut the file, and leaves it as it is and nothing open (I6)', async () => {
    writeFileSync(path, new Uint8Array(8192).fill(7));
    for (const direct of [true, false, 'try'] as const) {
      const error = await refused({ size: 4096, direct });
      expect([error.code, error.message]).to.deep.equal(['ERR_SIZE', `size must not cut the file: ${path} has 8192 bytes, got 4096`]); // prettier-ignore
    }
    expect([readFileSync(path).every((byte) => byte === 7), openHere()]).to.deep.equal([true, 0]);
    const file = await openBlocks(request({ size: 8192 }));
    await closeFile(file.fd);
    expect(readFileSync(path).length).to.equal(8192);
  });

  it('refuses a file without a block that is taken as it is, unless it may be short (I6)', async () => {
    for (const length of [0, 4095]) {
      writeFileSync(path, new Uint8Array(length));
      for (const direct of [true, false, 'try'] as const) {
        const error = await refused({ size: undefined, direct });
        expect([error.code, error.message]).to.deep.equal([
          'ERR_SIZE',
          `path must be that of a file of at least a block, 4096 bytes, ${path} has ${String(length)}; size extends it`,
        ]);
      }
      const file = await openBlocks(request({ size: undefined, mayBeShort: true, direct: false }));
      await closeFile(file.fd);
      expect([readFileSync(path).length, openHere()]).to.deep.equal([length, 0]);
    }
  });

  it('opens direct what is empty', async () => {
    rmSync(path, { force: true });
    const file = await openBlocks(request({ size: 0 }));
    expect(file.length).to.equal(0);
    await closeFile(file.fd);
  });

  it('refuses blocks that the file system does not take, names those that it does, and leaves nothing open', async () => {
    refuse('read', (_fd, _memory, _offset, length) => length < 4096);
    const error = await refused({ blockSize: 512 });
    expect([error.code, (error.cause as NodeJS.ErrnoException).code, openHere()]).to.deep.equal([
      'ERR_DIRECT',
      'EINVAL',
      0,
    ]);
    expect(error.message).to.equal(
      `direct I/O on ${path} does not work: blockSize 512 is too small for it there, 4096 is not; ` +
        "leave direct out, or give 'try' to do without where it must be",
    );
  });

  it('refuses a file system that has none, or takes no memory', async () => {
    refuse('read', () => true);
    expect((await refused({ blockSize: 512 })).message).to.contain('takes no direct I/O to the memory of a pool;');
    sinon.restore();
    refuse('open', (_path, flags) => (flags & fs.constants.O_DIRECT) !== 0);
    expect((await refused()).message).to.contain('the file system has no direct I/O;');
    expect(openHere()).to.equal(0);
  });

  it('does without it where it is merely tried', async () => {
    refuse('read', () => true);
    const file = await openBlocks(request({ direct: 'try' }));
    expect([file.alignment, openHere()]).to.deep.equal([1, 1]);
    await closeFile(file.fd);
  });

  it('rejects with any other error as it is, also when it is merely tried', async () => {
    for (const direct of [true, 'try'] as const) {
      const error = await refused({ path: join(folder, 'missing', 'file'), direct });
      expect(error.code).to.equal('ENOENT');
    }
    sinon.stub(fs, 'read').callsFake((...given: unknown[]) => {
      setImmediate(given.at(-1) as (error: Error) => void, Object.assign(new Error('EIO: injected'), { code: 'EIO' }));
    });
    syncBuiltinESMExports();
    expect([(await refused()).code, openHere()]).to.deep.equal(['EIO', 0]);
  });

  it('takes a file to read only', async () => {
    writeFileSync(path, new Uint8Array(8192));
    const file = await openBlocks(request({ size: undefined, readOnly: true }));
    expect([file.alignment, file.length]).to.deep.equal([4096, 8192]);
    await closeFile(file.fd);
  });
});
