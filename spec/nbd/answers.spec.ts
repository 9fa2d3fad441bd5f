import { Writable } from 'node:stream';
import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { Answers } from '../../lib/nbd/answers.js';
import { Buffers } from '../../lib/nbd/buffers.js';
import { Job } from '../../lib/nbd/job.js';
import { Outlet } from '../../lib/nbd/outlet.js';
import type { ReplyForm } from '../../lib/nbd/replies.js';
import { CMD_READ } from '../../lib/nbd/wire.js';

const BYTES = 65_536;

/** What a read of that many bytes is answered, one buffer for each write; its memory is one run, or in pieces. */
function writesOf(form: ReplyForm, fragmented: boolean): Buffer[] {
  const writes: Buffer[] = [];
  const socket = new Writable({
    write(chunk: Buffer, _encoding, then) {
      writes.push(Buffer.from(chunk));
      then();
    },
  });
  const pool = new PagePool({ maxBytes: 18 * 4096 });
  const pieces = Array.from({ length: 18 }, () => pool.allocate(4096));
  for (const [i, piece] of pieces.entries()) if (!(fragmented && i === 5)) piece.free();
  const loan = new Buffers(fragmented ? pool : new PagePool(), 1 << 20).lend(BYTES);
  loan.views.reduce((at, view) => (view.forEach((_, i) => (view[i] = (at + i) % 251)), at + view.length), 0);
  const job = new Job(() => undefined);
  job.begin({ type: CMD_READ, flags: 0, cookieHigh: 1, cookieLow: 2, position: 4096, length: BYTES });
  const outlet = new Outlet(socket);
  new Answers(outlet, form).data(job, loan, () => undefined);
  outlet.flush();
  return writes;
}

describe('Answers', () => {
  const heads: readonly [ReplyForm, string][] = [
    ['simple', '67446698' + '00000000' + '0000000100000002'],
    ['structured', '668e33ef' + '0001' + '0001' + '0000000100000002' + '00010008' + '0000000000001000'],
    [
      'extended',
      '6e8a278c' + '0001' + '0001' + '0000000100000002' + '0000000000001000' + '0000000000010008' + '0000000000001000',
    ],
  ];
  const data = Buffer.from(Uint8Array.from({ length: BYTES }, (_, i) => i % 251));
  for (const [form, head] of heads) {
    it(`sends the ${form} head of a large read and its data as one buffer`, () => {
      const writes = writesOf(form, false);
      expect(writes).to.have.lengthOf(1);
      expect(writes[0]?.toString('hex')).to.equal(head + data.toString('hex'));
    });

    it(`sends the same ${form} reply where memory is in pieces`, () => {
      const writes = writesOf(form, true);
      expect(Buffer.concat(writes).toString('hex')).to.equal(head + data.toString('hex'));
    });
  }
});
