/**
 * A disk that encrypts and heals itself: served, formatted, corrupted on purpose, healed, checked.
 * Run it: npx tsx examples/09-healing-disk.ts
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Checksum, Crypt, FileDevice, Mirror, PagePool, scrub } from 'wakechain/io';
import { NbdServer } from 'wakechain/nbd';

const MiB = 1024 * 1024;
const folder = await mkdtemp(join(tmpdir(), 'wakechain-'));
const [image, copy] = [join(folder, 'image'), join(folder, 'copy')];
const pool = new PagePool();

// Crypt → Mirror → for each member a Checksum over a file, which tells the copy that has rotted from the good one.
const files = await Promise.all(['a', 'b'].map((name) => FileDevice.open(join(folder, name), { size: 20 * MiB })));
const sums = files.map((file, i) => new Checksum(file, { pool, name: `checksum of ${'ab'.charAt(i)}` }));
const mirror = await Mirror.create(sums, { pool, assumeEqual: true });
const disk = new Crypt(mirror, { pool, key: Uint8Array.from({ length: 64 }, (_, index) => index) });
const server = new NbdServer({ exports: { '': { device: disk } } });
const uri = await server.listen({ path: join(folder, 'socket') });

async function run(program: string, ...args: string[]): Promise<void> {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  await promisify(execFile)(program, args, { env }).then(
    () => console.log(`${program}: done`),
    (error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      console.log(code === 'ENOENT' ? `${program} is not installed: try e2fsprogs, libnbd-bin` : message);
    },
  );
}

async function check(repair: boolean): Promise<void> {
  for (const { device, mismatched, unreadable, repaired } of await scrub(disk, { repair })) {
    console.log(`  ${device}: ${mismatched} bytes wrong, ${unreadable} not readable, ${repaired} repaired`);
  }
}

await run('mkfs.ext4', '-q', '-F', '-d', import.meta.dirname, image, '16M');
await run('nbdcopy', '--flush', image, uri); // The file system goes onto the disk, encrypted and twice.

const rot = await open(join(folder, 'a'), 'r+'); // A megabyte of one file rots, behind everybody's back.
await rot.write(Buffer.alloc(MiB, 'rot'), 0, MiB, 2 * MiB);
await rot.close();
console.log('found:');
await check(false);
console.log('healed:');
await check(true);
await run('nbdcopy', uri, copy);
await run('e2fsck', '-f', '-n', copy);

await server.close();
await disk.close();
await rm(folder, { recursive: true });
