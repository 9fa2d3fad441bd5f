import { read, write } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileDevice, PagePool } from '../../lib/io/index.js';
import { Awaiting, Loop, rigOver, type Disk, type Job } from '../io/job.js';
import { rigOverDevice } from '../io/over-device.js';
import { RawSlot } from '../io/slots.js';
import { temporaryDirectory } from '../io/temporary.js';
import type { Contender, Row } from '../row.js';

/* One file without layers, in the page cache: what a request costs over its system call. */

const KIB = 1024;
const TOTAL = 8 * KIB * KIB;

const jobs: readonly Job[] = (['read', 'write'] as const).flatMap((operation) =>
  [4 * KIB, 64 * KIB].flatMap((size) => [1, 32].map((depth) => ({ operation, size, depth, total: TOTAL }))),
);

/** A file to work on, and the same as others see it. */
async function newFile(): Promise<{ path: string; disk: Disk }> {
  const path = join(temporaryDirectory(), 'disk');
  await writeFile(path, new Uint8Array(TOTAL));
  const disk: Disk = {
    fill: (content) => writeFile(path, content, { flag: 'r+' }),
    content: () => readFile(path),
  };
  return { path, disk };
}

const callbacks: Contender = {
  role: 'ideal',
  name: 'fs.read and fs.write with callbacks',
  lacks: 'no cancelling, no timeout; a short transfer counts as done',
  async prepare(n) {
    const job = jobs[n]!;
    const { path, disk } = await newFile();
    const file = await open(path, 'r+');
    const slots = RawSlot.make(job);
    const loop: Loop<RawSlot> = new Loop(
      job,
      slots,
      job.operation === 'read'
        ? ({ buffer, position, ended }) => read(file.fd, buffer, 0, job.size, position, ended)
        : ({ buffer, position, ended }) => write(file.fd, buffer, 0, job.size, position, ended),
    );
    for (const slot of slots) slot.tell(loop);
    return rigOver(job, disk, slots, loop, () => file.close());
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'device.read and write with notify',
  async prepare(n) {
    const { path, disk } = await newFile();
    return rigOverDevice(jobs[n]!, disk, await FileDevice.open(path), new PagePool(), 'callbacks');
  },
};

const awaited: Contender = {
  role: 'ours-too',
  name: 'await device.read and write',
  async prepare(n) {
    const { path, disk } = await newFile();
    return rigOverDevice(jobs[n]!, disk, await FileDevice.open(path), new PagePool(), 'await');
  },
};

const handles: Contender = {
  role: 'used',
  name: 'FileHandle',
  lacks: 'no cancelling, no timeout; a short transfer counts as done',
  async prepare(n) {
    const job = jobs[n]!;
    const { path, disk } = await newFile();
    const file = await open(path, 'r+');
    const slots = RawSlot.make(job);
    const perform =
      job.operation === 'read'
        ? async ({ buffer, position }: RawSlot) => (await file.read(buffer, 0, job.size, position)).bytesRead
        : async ({ buffer, position }: RawSlot) => (await file.write(buffer, 0, job.size, position)).bytesWritten;
    return rigOver(job, disk, slots, new Awaiting(job, slots, perform), () => file.close());
  },
};

const threaded: Contender = {
  role: 'ours',
  name: 'device.read and write with notify',
  async prepare(n) {
    const { path, disk } = await newFile();
    return rigOverDevice(jobs[n]!, disk, await FileDevice.open(path, { thread: true }), new PagePool(), 'callbacks');
  },
};

const cases = jobs.map(({ operation, size, depth }, n) => ({
  n,
  label: `${operation} ${String(size / KIB)} KiB × ${String(depth)}`,
  reach: 1.05,
}));

export const ioFileThread: Row = {
  name: 'io-file-thread',
  operation: 'the same of a FileDevice with a thread of its own',
  cases,
  contenders: [callbacks, threaded, handles],
  batchMs: 30,
  inTheWay:
    'one request at a time goes to the pool, as raw calls do, with what a request is beside it: to wake the thread for each took less time in one run and twice as much in another. Of large ones at once, one thread copies where the pool has four.',
};

export const ioFile: Row = {
  name: 'io-file',
  operation: 'a request of a FileDevice without layers, its file in the page cache',
  cases,
  contenders: [callbacks, ours, awaited, handles],
  batchMs: 30,
  inTheWay:
    'a request is a completion, a header and their two entries, all made for it, and that is the smaller part. A thread of the pool that is given its next work later goes to sleep more often and is woken by a system call, so that what the main thread does between two calls costs more than its own time.',
};
