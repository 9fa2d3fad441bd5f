import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Checksum, Crypt, Fault, MemoryDevice, Mirror, PagePool, type BlockDevice } from '../../lib/io/index.js';
import { serve, type Served } from './nbd-served.js';
import { check, itWith, run } from './programs.js';

const MiB = 1 << 20;

describe('a stack, to the programs that speak NBD', function () {
  this.timeout(60_000);
  const pool = new PagePool();
  const key = Uint8Array.from({ length: 64 }, (_, i) => i);
  let served: Served;
  let device: BlockDevice;

  afterEach(async () => {
    await served.close();
    await device.close();
  });

  /** Crypt → Checksum → Mirror of two in memory, or what is given. */
  async function use(given?: BlockDevice): Promise<void> {
    const members = [0, 1].map((i) => new MemoryDevice({ size: 33 * MiB, name: `member ${i}` }));
    device = given ?? new Crypt(new Checksum(await Mirror.create(members, { pool, assumeEqual: true }), { pool }), { key, pool }); // prettier-ignore
    served = await serve(device);
  }

  const noise = async (bytes: number): Promise<string> => {
    const path = join(served.folder, 'noise');
    await writeFile(path, randomBytes(bytes));
    return path;
  };

  itWith(['nbdinfo'], 'nbdinfo tells its size, what it can do, and a map', async () => {
    await use();
    const { exports } = JSON.parse(await check('nbdinfo', '--json', served.uri)) as {
      exports: [Record<string, unknown>];
    };
    expect(exports[0]).to.include({
      'export-size': device.size,
      is_read_only: false,
      can_flush: true,
      can_fua: true,
      can_df: true,
      can_multi_conn: true,
    });
    const map = JSON.parse(await check('nbdinfo', '--map', '--json', served.uri)) as {
      offset: number;
      length: number;
    }[];
    expect(map.reduce((sum, { length }) => sum + length, 0)).to.equal(device.size);
    expect(await check('nbdinfo', '--list', served.uri)).to.include(`export-size: ${String(device.size)}`);
  });

  itWith(['nbdinfo'], 'nbdinfo lists several exports, and takes the one that has no name by default', async () => {
    const [small, large] = [new MemoryDevice({ size: MiB }), new MemoryDevice({ size: 4 * MiB })];
    device = small;
    served = await serve(small, { exports: { '': { device: small }, 'a b/c': { device: large, readOnly: true } } });
    const { exports } = JSON.parse(await check('nbdinfo', '--json', '--list', served.uri)) as {
      exports: Record<string, unknown>[];
    };
    const told = exports.map((each) => [each['export-name'], each['export-size'], each['is_read_only']]);
    expect(told).to.have.deep.members([['', MiB, false], ['a b/c', 4 * MiB, true]]); // prettier-ignore
    expect((await check('nbdinfo', '--size', served.uri)).trim()).to.equal(String(MiB));
    expect((await check('nbdinfo', '--size', served.uri.replace('///', '///a%20b/c'))).trim()).to.equal(String(4 * MiB)); // prettier-ignore
  });

  itWith(['nbdcopy'], 'nbdcopy brings back what it brought', async () => {
    await use();
    const source = await noise(24 * MiB + 512);
    await check('nbdcopy', '--flush', '--connections=4', source, served.uri);
    const back = join(served.folder, 'back');
    await check('nbdcopy', served.uri, back);
    const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    const wrote = await readFile(source);
    expect(sum((await readFile(back)).subarray(0, wrote.length))).to.equal(sum(wrote));
  });

  itWith(['qemu-img'], 'qemu-img converts to it and back, compares, and checks an image on it', async () => {
    await use();
    const source = await noise(8 * MiB);
    const [raw, back] = [join(served.folder, 'raw'), join(served.folder, 'back.qcow2')];
    await check('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', source, raw);
    await check('qemu-img', 'convert', '-n', '-f', 'raw', '-O', 'raw', source, served.uri);
    await check('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', served.uri, back);
    expect(await check('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', back, served.uri)).to.include('identical');
    // The image that qemu wrote before, byte for byte on the stack, and qemu's own words on its state.
    await check('nbdcopy', '--flush', raw, served.uri);
    expect(await check('qemu-img', 'check', '-f', 'qcow2', served.uri)).to.include('No errors were found');
    expect((await run('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', served.uri, source])).code).to.equal(0);
  });

  itWith(
    ['qemu-io'],
    'qemu-io finds its patterns again: aligned or not, with FUA, flushed, zeroed, discarded',
    async () => {
      await use(new MemoryDevice({ size: 16 * MiB }));
      const script = [
        'write -P 0x11 0 1M',
        'write -f -P 0x22 1M 64k',
        'aio_write -P 0x33 4M 1M',
        'aio_write -P 0x44 5M 1M',
        'aio_flush',
        'flush',
        // Neither begins nor ends at a block.
        'write -P 0x55 2000001 777',
        'read -P 0x55 2000001 777',
        'write -P 0x66 511 2',
        'read -P 0x66 511 2',
        'read -P 0x11 0 511',
        'read -P 0x11 513 100000',
        'read -P 0x22 1M 64k',
        'read -P 0x33 4M 1M',
        'read -P 0x44 5M 1M',
        'write -z 4M 512k',
        'read -P 0 4M 512k',
        'read -P 0x33 4608k 512k',
        'write -z -u 5M 4k',
        'read -P 0 5M 4k',
        'discard 5M 1M',
        'flush',
        'write -P 0x77 16773120 4096',
        'read -P 0x77 16773120 4096',
      ];
      const out = await check('qemu-io', '-f', 'raw', ...script.flatMap((line) => ['-c', line]), served.uri);
      expect(out).not.to.match(/Pattern verification failed|error|failed/i);
      expect(out.match(/read \d+\/\d+ bytes/g)).to.have.length(script.filter((line) => line.startsWith('read')).length);
      expect((await run('qemu-io', ['-f', 'raw', '-c', 'read -P 1 4M 512', served.uri])).stdout).to.include('failed');
    },
  );

  itWith(['fio'], 'fio verifies what it wrote, four jobs with 32 in flight each', async () => {
    await use();
    const jobs = ['--ioengine=nbd', `--uri=${served.uri}`, '--thread', '--numjobs=4', '--iodepth=32', '--size=4M'];
    const load = ['--rw=randrw', '--bsrange=4k-64k', '--offset_increment=4M', '--randseed=7'];
    const verify = ['--verify=crc32c', '--do_verify=1', '--verify_fatal=1', '--verify_state_save=0', '--fsync=64'];
    const args = ['--name=job', ...jobs, ...load, ...verify, '--output-format=json'];
    const { code, stdout, stderr } = await run('fio', args, { cwd: served.folder });
    expect(code, stdout + stderr).to.equal(0);
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      jobs: { error: number; read: { total_ios: number } }[];
    };
    expect(report.jobs.map(({ error }) => error)).to.deep.equal([0, 0, 0, 0]);
    for (const { read } of report.jobs) expect(read.total_ios).to.be.greaterThan(0);
    expect(served.log).to.deep.equal([]);
  });

  itWith(['nbdcopy', 'qemu-io'], 'an error reaches the client, and all else goes on', async () => {
    const rules = [{ kind: 'error' as const, code: 'EIO' as const, range: { offset: MiB, length: 4096 } }];
    await use(new Fault(new MemoryDevice({ size: 4 * MiB }), { rules }));
    const failed = await run('qemu-io', ['-f', 'raw', '-c', 'read 1M 4k', served.uri]);
    expect(failed.stdout + failed.stderr).to.include('Input/output error');
    expect(await check('qemu-io', '-f', 'raw', '-c', 'read 2M 1M', served.uri)).to.include('read 1048576/1048576');
    expect((await run('nbdcopy', [served.uri, 'null:'])).code).not.to.equal(0);
  });
});
