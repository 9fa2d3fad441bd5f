import { expect } from 'chai';
import { IntentLog } from '../../lib/layers/intent-log.js';

describe('IntentLog', () => {
  let stores = 0;
  let trace: string[] = [];
  const make = (...dirty: number[]): IntentLog => {
    stores = 0;
    trace = [];
    return new IntentLog(Uint8Array.from(dirty.length === 0 ? [0, 0] : dirty), () => stores++);
  };
  const begin = (log: IntentLog, region: number): void =>
    log.begin(region, () => trace.push(`write ${String(region)}`));
  const store = (log: IntentLog): void => log.saved(log.snapshot());

  it('lets a write begin once its region is stored, and at once when it is', () => {
    const log = make();
    begin(log, 9);
    expect([stores, trace]).to.deep.equal([1, []]);
    store(log);
    begin(log, 9);
    expect([stores, trace, log.regions]).to.deep.equal([1, ['write 9', 'write 9'], [9]]);
  });

  it('does not take a region for stored that a store under way left out', () => {
    const log = make();
    begin(log, 1);
    const bits = log.snapshot();
    begin(log, 2);
    log.saved(bits);
    expect([stores, trace]).to.deep.equal([2, ['write 1']]);
    store(log);
    expect(trace).to.deep.equal(['write 1', 'write 2']);
  });

  it('keeps a region dirty until a flush that began behind its last write has ended', () => {
    const log = make();
    begin(log, 3);
    store(log);
    const early = log.flushBegins();
    log.end(3);
    log.flushEnded(early, true);
    expect(log.regions).to.deep.equal([3]);
    log.flushEnded(log.flushBegins(), false);
    expect(log.regions).to.deep.equal([3]);
    log.flushEnded(log.flushBegins(), true);
    expect(log.regions).to.deep.equal([]);
  });

  it('takes back the mark of a region and of no other (I8)', () => {
    const log = make();
    for (const region of [2, 3, 4]) begin(log, region);
    store(log);
    log.end(3);
    log.flushEnded(log.flushBegins(), true);
    expect([log.regions, [...log.snapshot()]]).to.deep.equal([
      [2, 4],
      [0b10100, 0],
    ]);
  });

  it('tells whether a member may hold a mark, also one that was taken back and not stored since', () => {
    const log = make();
    expect([log.marks, make(0, 4).marks]).to.deep.equal([false, true]);
    begin(log, 3);
    expect(log.marks).to.equal(true);
    store(log);
    log.end(3);
    log.flushEnded(log.flushBegins(), true);
    expect([log.regions, log.marks]).to.deep.equal([[], true]);
    // One that fails may have left any of its bits.
    log.snapshot();
    expect(log.marks).to.equal(true);
    store(log);
    expect(log.marks).to.equal(false);
  });

  it('keeps a region dirty that is written again while it is flushed', () => {
    const log = make(0b100);
    const flush = log.flushBegins();
    begin(log, 2);
    log.end(2);
    log.flushEnded(flush, true);
    expect([trace, log.regions]).to.deep.equal([['write 2'], [2]]);
  });

  it('lets a region that was cleared be written while its bit is stored still', () => {
    const log = make(1);
    log.flushEnded(log.flushBegins(), true);
    begin(log, 0);
    expect([stores, trace, log.regions]).to.deep.equal([0, ['write 0'], [0]]);
  });

  it('makes a write wait for the next store when the one under way takes its bit back', () => {
    const log = make(1);
    log.flushEnded(log.flushBegins(), true);
    const bits = log.snapshot();
    begin(log, 0);
    expect([stores, trace]).to.deep.equal([1, []]);
    log.saved(bits);
    expect(trace).to.deep.equal([]);
    store(log);
    expect(trace).to.deep.equal(['write 0']);
  });

  it('lets all go on when nothing can be stored any more', () => {
    const log = make();
    begin(log, 1);
    begin(log, 2);
    log.abandon();
    log.abandon();
    expect(trace).to.deep.equal(['write 1', 'write 2']);
  });
});
