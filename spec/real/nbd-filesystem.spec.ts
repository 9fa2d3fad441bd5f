import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Checksum, Crypt, Fault, MemoryDevice, Mirror, PagePool } from '../../lib/io/index.js';
import { serve, type Served } from './nbd-served.js';
import { check, itWith, run, startUntil, type Running } from './programs.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MiB = 1 << 20;

/** Whether the kernel here can mount a file on a file system of a program's: root, FUSE and loop devices. */
const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control');

describe('a file system on a stack, over NBD', function () {
  this.timeout(90_000);
  const pool = new PagePool();
  let served: Served;
  let top: Crypt;
  let mirror: Mirror;
  let second: Fault;
  let undo: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    const [a, b] = [0, 1].map(() => new MemoryDevice({ size: 72 * MiB, blockSize: 4096 })) as [MemoryDevice, MemoryDevice]; // prettier-ignore
    second = new Fault(b);
    mirror = await Mirror.create([a, second], { pool, assumeEqual: true });
    const key = Uint8Array.from({ length: 64 }, (_, i) => i);
    top = new Crypt(new Checksum(mirror, { pool }), { key, pool });
    served = await serve(top);
  });

  // In the order in which it has to be undone, and each with a time of its own: what stays mounted hangs who looks at it.
  afterEach(async () => {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    undo = [];
    await served.close();
    await top.close();
  });

  /** Copies a tree of this repository there. */
  const copy = (name: string, to: string): Promise<string> => check('cp', '-r', join(root, name), to);
  const states = (): string[] => mirror.members.map(({ state }) => state);

  const mounts = 'a kernel mounts it, and has all files when a member has failed half way';
  const programs = ['nbdfuse', 'mkfs.ext4', 'e2fsck', 'losetup', 'mount', 'umount', 'fusermount3'];
  if (!canMount) it.skip(`${mounts} (skipped: needs root, /dev/fuse and loop devices)`);
  else
    itWith(programs, mounts, async () => {
      const [fuse, mnt] = [join(served.folder, 'fuse'), join(served.folder, 'mnt')];
      mkdirSync(fuse);
      mkdirSync(mnt);
      const disk = join(fuse, 'disk');
      const nbdfuse = await nbdfused(fuse, disk);
      await check('mkfs.ext4', '-q', '-F', disk);
      const loop = (await check('losetup', '-f', '--show', disk)).trim();
      undo.push(() => run('losetup', ['-d', loop]));
      const mount = async (): Promise<void> => {
        await check('mount', loop, mnt);
        undo.push(() => run('umount', ['-l', mnt]));
      };
      await mount();
      await copy('lib', mnt);
      await check('sync', '-f', mnt);
      expect(states()).to.deep.equal(['in-sync', 'in-sync']);

      second.inject({ kind: 'error', code: 'EIO' });
      await copy('spec', mnt);
      await check('sync', '-f', mnt);
      expect(states()).to.deep.equal(['in-sync', 'failed']);

      // Once more, so that nothing is read from the kernel's memory.
      await check('umount', mnt);
      await mount();
      for (const tree of ['lib', 'spec']) await check('diff', '-r', join(root, tree), join(mnt, tree));
      await check('umount', mnt);
      await check('losetup', '-d', loop);
      expect(await check('e2fsck', '-f', '-n', disk)).to.include('Pass 5');
      await nbdfuse.stop();
      expect(served.log).to.deep.equal([]);
    });

  itWith(
    ['mkfs.ext4', 'debugfs', 'e2fsck', 'nbdcopy'],
    'debugfs finds the files of an image that was copied to it and back',
    async () => {
      const [image, back, out] = ['image', 'back', 'out'].map((name) => join(served.folder, name)) as [string, string, string]; // prettier-ignore
      await check('mkfs.ext4', '-q', '-d', join(root, 'lib'), image, '64M');
      await check('nbdcopy', '--flush', image, served.uri);
      second.inject({ kind: 'error', code: 'EIO' });
      await check('nbdcopy', served.uri, back);
      expect((await run('e2fsck', ['-f', '-n', back])).code).to.equal(0);
      mkdirSync(out);
      await check('debugfs', '-R', `rdump / ${out}`, back);
      await check('diff', '-r', '--exclude=lost+found', join(root, 'lib'), out);
    },
  );

  /** Shows the disk as a file; taken away when the test has ended, whatever has come of it. */
  async function nbdfused(fuse: string, disk: string): Promise<Running> {
    const isThere = async (): Promise<boolean> => (await run('stat', [disk], { timeoutMs: 2000 })).code === 0;
    const nbdfuse = await startUntil('nbdfuse', [disk, served.uri], isThere);
    const leave = (): void => void spawnSync('fusermount3', ['-uz', fuse], { timeout: 5000 });
    process.once('exit', leave);
    undo.push(async () => {
      process.removeListener('exit', leave);
      await run('fusermount3', ['-uz', fuse], { timeoutMs: 5000 });
      await nbdfuse.stop('SIGKILL');
    });
    return nbdfuse;
  }
});
