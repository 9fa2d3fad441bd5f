import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Pass } from '../../lib/layers/pass.js';
import { allOf } from '../../lib/event/all-of.js';
import { firstOf } from '../../lib/event/first-of.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';

const pages = new PagePool().allocate(4096);

describe('IoRequest', () => {
  it('tells what it asks for', () => {
    const device = new FaultyDevice();
    const request = device.write(pages.range(512, 1024), { position: 2048, fua: true });
    const { operation, position, length, fua } = request;
    expect([request.device, operation, position, length, fua, request.range]).to.deep.equal([device, 'write', 2048, 1024, true, pages.range(512, 1024)]); // prettier-ignore
    expect(request.own).to.deep.equal({ operation, position, pages, offset: 512, length, fua, ioClass: null });
    device.answerAll();
    expect(device.flush().own.pages).to.equal(null);
    device.answerAll();
  });

  it('is a completion: it can be awaited, combined and intercepted (I1)', async () => {
    const device = new FaultyDevice();
    const [first, second] = [device.read(pages, { position: 0 }), device.read(pages, { position: 4096 })];
    first.intercept((outcome) => outcome.succeed(outcome.value / 2));
    const both = allOf([first, second]);
    device.answerAll();
    expect([await first, await both]).to.deep.equal([2048, [2048, 4096]]);
  });

  it('wakes the waiter of each part of a large read as that part arrives (N12)', () => {
    const device = new FaultyDevice();
    const parts = [0, 1024, 2048].map((offset) => device.read(pages.range(offset, 1024), { position: offset }));
    const woken: string[] = [];
    for (const [i, part] of parts.entries()) part.notify(() => woken.push(`part ${String(i)}`));
    allOf(parts).notify(() => woken.push('all'));
    for (const at of [1, 0, 0]) device.pending[at]?.answer();
    expect(woken).to.deep.equal(['part 1', 'part 0', 'part 2', 'all']);
  });

  it('keeps a choice waiting until the loser has let go of its pages (E6, I5)', async () => {
    const device = new FaultyDevice();
    const [winner, loser] = [device.read(pages, { position: 0 }), device.read(pages, { position: 4096 })];
    const choice = firstOf([winner, loser]);
    device.pending[0]?.answer();
    expect([winner.state, loser.state, pages.pinned]).to.deep.equal(['done', 'pending', true]);
    device.answerAll();
    expect([await choice, pages.pinned]).to.deep.equal([4096, false]);
  });

  it('keeps its error for who asks later: nobody needs to listen (C8)', () => {
    const device = new FaultyDevice();
    const request = device.read(pages, { position: 0 });
    device.only.fail('EIO');
    expect(request.error).to.be.instanceOf(IoError);
  });

  it('tells which parts hold the right data, also when it is short without an error (N13)', () => {
    const device = new FaultyDevice();
    const request = device.read(pages, { position: 0 });
    const failed = device.read(pages.range(0, 1024), { position: 0 });
    const done = device.read(pages.range(0, 512), { position: 0 });
    expect(request.succeeded).to.deep.equal([]);
    device.pending[0]?.answer({ missing: [{ offset: 512, length: 1024 }] });
    device.pending[0]?.fail('EIO', [{ offset: 0, length: 512 }]);
    device.only.answer();
    expect([request.value, request.succeeded]).to.deep.equal([3072, [{ offset: 0, length: 512 }, { offset: 1536, length: 2560 }]]); // prettier-ignore
    expect(failed.succeeded).to.deep.equal([{ offset: 512, length: 512 }]);
    expect(done.succeeded).to.deep.equal([{ offset: 0, length: 512 }]);
    expect(device.read(pages.range(0, 0), { position: 0 }).succeeded).to.deep.equal([]);
  });

  it('gives the reason of a cancel as cause, and the first error of the device otherwise', () => {
    const device = new FaultyDevice();
    const cause = new Error('bad sector');
    const request = device.read(pages, { position: 0 });
    device.only.answer({ error: new IoError('EIO', { message: 'the disk says so', cause }) });
    expect([(request.error as Error).cause, (request.error as Error).message]).to.deep.equal([
      cause,
      'EIO: read of 4096 bytes at 0 on disk: the disk says so',
    ]);
    const other = device.read(pages, { position: 0 });
    const plain = new IoError('ENOSPC');
    device.only.answer({ error: plain });
    expect((other.error as Error).cause).to.equal(plain);
  });

  it('fails when a device says ECANCELED of its own accord: nobody has cancelled it (I5)', () => {
    const device = new FaultyDevice();
    const request = device.read(pages, { position: 0 });
    device.only.fail('ECANCELED');
    expect(outcomeOf(request)).to.deep.equal(['failed', 'ECANCELED', 0, []]);
  });

  it('uses its pages from the submit to the end, and not when nothing is sent (I5)', () => {
    const device = new FaultyDevice();
    device.read(pages.range(0, 0), { position: 0 });
    device.read(pages, { position: 0, signal: AbortSignal.abort() });
    expect(pages.pinned).to.equal(false);
    const request = device.read(pages, { position: 0 });
    expect(pages.pinned).to.equal(true);
    let free: boolean | undefined;
    request.notify(() => (free = !pages.pinned));
    device.answerAll();
    expect(free).to.equal(true);
  });

  it('gives pages that were freed meanwhile back when it ends (I9)', () => {
    const pool = new PagePool();
    const own = pool.allocate(4096);
    const device = new FaultyDevice();
    const request = device.read(own, { position: 0 });
    own.free();
    expect(pool.pagesInUse).to.equal(1);
    device.only.answer();
    expect([request.value, pool.pagesInUse]).to.deep.equal([4096, 0]);
  });

  it('leaves no listener on its signal, however it ends (I5)', () => {
    const { signal } = new AbortController();
    const device = new FaultyDevice();
    const queue = new RequestQueue(device, { depth: 1 });
    for (let i = 0; i < 3; i++) queue.read(pages, { position: 0, signal });
    queue.read(pages.range(0, 0), { position: 0, signal });
    device.only.fail();
    queue.read(pages, { position: 0, signal }).cancel();
    device.answerAll();
    expect(getEventListeners(signal, 'abort').length).to.equal(0);
  });

  it('is cancelled when a "using" block is left before it has ended', () => {
    const device = new FaultyDevice();
    const queue = new RequestQueue(new Pass(device), { depth: 1 });
    queue.read(pages, { position: 0 });
    const request = queue.read(pages, { position: 0 });
    request[Symbol.dispose]();
    expect([request.state, queue.queued]).to.deep.equal(['cancelled', 0]);
    device.answerAll();
  });
});
