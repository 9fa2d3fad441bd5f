import { read, write } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { PagePool } from '../../lib/io/index.js';
import { decrypt, encrypt, Members, MEMBERS, piecesOf } from '../io/crypt-stripe.js';
import { Awaiting, Loop, rigOver, type Engine, type Job } from '../io/job.js';
import { rigOverDevice } from '../io/over-device.js';
import { RawSlot } from '../io/slots.js';
import type { Contender, Rig, Row, Run } from '../row.js';

/* Crypt over Stripe over three files, in the page cache, against the same cipher and the same chunks by hand. */

const KIB = 1024;
const TOTAL = MEMBERS * 4 * KIB * KIB;

const jobs: readonly Job[] = (['read', 'write'] as const).flatMap((operation) =>
  [
    { size: 16 * KIB, depth: 16 },
    { size: 256 * KIB, depth: 4 },
    { size: KIB * KIB, depth: 4 },
    { size: KIB * KIB, depth: 1 },
  ].map((shape) => ({ operation, ...shape, total: TOTAL })),
);

/** A request in flight, with memory to encrypt into: what is written must not change. */
class CryptSlot extends RawSlot {
  readonly encrypted: Uint8Array;
  bytes = 0;

  constructor(size: number) {
    super(Buffer.allocUnsafeSlow(size));
    this.encrypted = Buffer.allocUnsafeSlow(size);
  }
}

type Prepare = (job: Job, slots: readonly CryptSlot[], files: readonly FileHandle[]) => Engine;

async function byHand(n: number, prepare: Prepare): Promise<Rig> {
  const job = jobs[n]!;
  const members = await Members.make(job.total);
  const files = await members.open();
  const slots = Array.from({ length: job.depth }, () => new CryptSlot(job.size));
  return rigOver(job, members, slots, prepare(job, slots, files), async () => {
    for (const file of files) await file.close();
  });
}

const lacks = 'no cancelling, no errors told by range; a short transfer counts as done';

/** Each piece is encrypted and sent on its way before the next is, and decrypted when it arrives. */
const callbacks: Contender = {
  role: 'ideal',
  name: 'a loop by hand with callbacks',
  lacks,
  prepare: (n) =>
    byHand(n, (job, slots, files) => {
      const loop: Loop<CryptSlot> = new Loop(job, slots, (slot) => {
        const { buffer, encrypted, position: start } = slot;
        const pieces = piecesOf(start, job.size);
        slot.pieces = pieces.length;
        slot.bytes = 0;
        for (const { member, position, offset, length } of pieces) {
          const { fd } = files[member]!;
          const ended = (error: Error | null, bytes: number): void => {
            if (job.operation === 'read') decrypt(buffer.subarray(offset, offset + length), start + offset);
            slot.bytes += bytes;
            if (--slot.pieces === 0) loop.end(slot, error, slot.bytes);
          };
          if (job.operation === 'read') read(fd, buffer, offset, length, position, ended);
          else {
            encrypt(
              buffer.subarray(offset, offset + length),
              encrypted.subarray(offset, offset + length),
              start + offset,
            );
            write(fd, encrypted, offset, length, position, ended);
          }
        }
      });
      return loop;
    }),
};

/** One request with `fs.promises`, in the same order. */
async function perform(job: Job, files: readonly FileHandle[], slot: CryptSlot): Promise<number> {
  const { buffer, encrypted, position: start } = slot;
  const moved = piecesOf(start, job.size).map(async ({ member, position, offset, length }) => {
    const file = files[member]!;
    const part = buffer.subarray(offset, offset + length);
    if (job.operation === 'read') {
      const { bytesRead } = await file.read(buffer, offset, length, position);
      decrypt(part, start + offset);
      return bytesRead;
    }
    encrypt(part, encrypted.subarray(offset, offset + length), start + offset);
    return (await file.write(encrypted, offset, length, position)).bytesWritten;
  });
  let bytes = 0;
  for (const each of await Promise.all(moved)) bytes += each;
  return bytes;
}

const promises: Contender = {
  role: 'used',
  name: 'a loop by hand with fs.promises',
  lacks,
  prepare: (n) => byHand(n, (job, slots, files) => new Awaiting(job, slots, (slot) => perform(job, files, slot))),
};

/** A stream of requests, as many at a time as the others have in flight. */
class Streaming implements Engine {
  ended: Engine['ended'] = null;
  private readonly job: Job;
  private readonly slots: readonly CryptSlot[];
  private readonly files: readonly FileHandle[];

  constructor(job: Job, slots: readonly CryptSlot[], files: readonly FileHandle[]) {
    this.job = job;
    this.slots = slots;
    this.files = files;
  }

  readonly run: Run = async (times) => {
    const { job, files } = this;
    const free = [...this.slots];
    const requests = Readable.from(numbersBelow(times), { objectMode: true });
    const work = async (i: number): Promise<number> => {
      const slot = free.pop()!;
      slot.begin(job, i);
      slot.end(await perform(job, files, slot));
      if (this.ended !== null) this.ended(slot);
      free.push(slot);
      return i;
    };
    await requests.map(work, { concurrency: job.depth }).forEach(() => undefined);
  };
}

function* numbersBelow(times: number): Generator<number> {
  for (let i = 0; i < times; i++) yield i;
}

const streams: Contender = {
  role: 'used',
  name: 'Node streams',
  lacks,
  prepare: (n) => byHand(n, (job, slots, files) => new Streaming(job, slots, files)),
};

function engine(role: Contender['role'], name: string, how: 'callbacks' | 'await'): Contender {
  return {
    role,
    name,
    async prepare(n) {
      const job = jobs[n]!;
      const members = await Members.make(job.total);
      const pool = new PagePool();
      return rigOverDevice(job, members, await members.stack(pool), pool, how);
    },
  };
}

export const ioCryptStripe: Row = {
  name: 'io-crypt-stripe',
  operation: 'a request through Crypt and Stripe to three FileDevices, their files in the page cache',
  cases: jobs.map(({ operation, size, depth }, n) => ({
    n,
    label: `${operation} ${String(size / KIB)} KiB × ${String(depth)}`,
    reach: 1.05,
  })),
  contenders: [
    callbacks,
    engine('ours', 'device.read and write with notify', 'callbacks'),
    engine('ours-too', 'await device.read and write', 'await'),
    promises,
    streams,
  ],
  batchMs: 30,
  inTheWay: 'setting up a cipher for each sector is most of the work, and the same for all.',
};
