/**
 * An encrypting disk, striped over three real files. The design that carries the requests is one word.
 * Run it: npx tsx examples/06-encrypted-stripe.ts
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneKiobuf, Crypt, FileDevice, IoError, PagePool } from 'wakechain/io';
import { RequestQueue, Stripe, waitQueue, type Strategy } from 'wakechain/io';

const KiB = 1024;
const folder = await mkdtemp(join(tmpdir(), 'wakechain-'));
const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
const pool = new PagePool();
const key = Uint8Array.from({ length: 64 }, (_, index) => index);

async function openDisk(strategy: Strategy): Promise<Crypt> {
  // A request queue lets one piece run on each file; the others wait in it, where a cancel can pull them.
  const open = async (path: string): Promise<RequestQueue> =>
    new RequestQueue(await FileDevice.open(path, { size: 1024 * KiB }), { depth: 1 });
  return new Crypt(new Stripe(await Promise.all(paths.map(open)), { chunk: 64 * KiB }), { key, pool, strategy });
}

for (const strategy of [waitQueue, cloneKiobuf]) {
  const disk = await openDisk(strategy);
  console.log(`${strategy.name}: a disk of ${disk.size / KiB} KiB`);

  const text = Buffer.from('The quick brown fox. '.repeat(50_000)).subarray(0, 1024 * KiB);
  const pages = pool.allocate(text.length);
  pages.set(text);
  console.log(`  written: ${await disk.write(pages, { position: 0 })} bytes`);
  await disk.flush();

  const back = pool.allocate(text.length);
  console.log(`  read: ${await disk.read(back, { position: 0 })} bytes`);
  console.log(`  the same: ${text.equals(back.bytes())}`);
  const onFiles = await Promise.all(paths.map((path) => readFile(path)));
  console.log(`  readable on the files: ${onFiles.some((bytes) => bytes.includes('quick brown'))}`);

  // Sixteen pieces: three run and are left to finish, the others are pulled. Then the request settles, and not before.
  const reading = disk.read(back, { position: 0 });
  console.log(`  cancel: ${reading.cancel('not needed')}`);
  await reading.then(null, (error: unknown) => {
    if (!(error instanceof IoError)) throw error;
    console.log(`  ${error.code} after ${error.bytes / KiB} KiB, state ${reading.state}`);
  });

  pages.free();
  back.free();
  await disk.close();
}
console.log(`pages in use: ${pool.pagesInUse}`);
await rm(folder, { recursive: true });
