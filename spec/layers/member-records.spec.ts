import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { MemberRecords } from '../../lib/layers/member-records.js';
import { decodeSuperblock, type MemberState, type Superblock } from '../../lib/layers/superblock.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const identity: Superblock = {
  role: 'mirror',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  index: 0,
  memberCount: 3,
  layout: 0,
  generation: 4,
  sequence: 10,
  dataStart: 8192,
  dataSize: 8192,
  chunk: 0,
  regionSize: 1024,
  states: [],
  rebuilt: [],
  dirty: new Uint8Array(1),
};

describe('MemberRecords', () => {
  const pool = new PagePool();
  let disks: FaultyDevice[];
  let records: MemberRecords;
  beforeEach(() => {
    disks = ['a', 'b', 'c'].map((name) => new FaultyDevice({ name, size: 1 << 14 }));
    records = new MemberRecords(
      identity,
      disks.map((device) => ({ device, state: 'in-sync', copy: 0 })),
      pool,
    );
  });
  afterEach(() => {
    for (const each of disks) each.answerAll();
    records.free();
    expect(pool.pagesInUse).to.equal(0);
  });

  const copyAt = (index: number, position: number): Superblock | null =>
    decodeSuperblock(disks[index]!.contents.subarray(position, position + 4096));
  const states = (): MemberState[] => records.places.map(({ state }) => state);
  const told: (string | null)[] = [];
  const store = (): void => records.store((error) => told.push(error?.code ?? null));
  beforeEach(() => (told.length = 0));

  it('stores to all members at once, stably, the two copies in turn', () => {
    for (const [sequence, position] of [
      [11, 4096],
      [12, 0],
      [13, 4096],
    ] as const) {
      store();
      expect(disks.map(({ only }) => [only.position, only.length, only.fua])).to.deep.equal(Array(3).fill([position, 4096, true])); // prettier-ignore
      for (const each of disks) each.only.answer();
      expect([0, 1, 2].map((i) => [copyAt(i, position)?.index, copyAt(i, position)?.sequence])).to.deep.equal([0, 1, 2].map((i) => [i, sequence])); // prettier-ignore
    }
    expect([told, copyAt(0, 0)?.generation]).to.deep.equal([[null, null, null], 4]);
  });

  it('stores together what is asked for while it stores', () => {
    store();
    store();
    store();
    for (const each of disks) each.only.answer();
    expect(told).to.deep.equal([null]);
    for (const each of disks) each.only.answer();
    expect([told, disks.map(({ pending }) => pending.length)]).to.deep.equal([
      [null, null, null],
      [0, 0, 0],
    ]);
  });

  it('advances the generation when a state has changed, and `settled` waits for that alone', () => {
    let settled = 0;
    records.settled(() => settled++);
    expect([settled, records.isSettled]).to.deep.equal([1, true]);
    records.drop(records.places[1]!);
    records.settled(() => settled++);
    expect([settled, records.isSettled, disks[1]?.pending.length]).to.deep.equal([1, false, 0]);
    disks[0]?.only.answer();
    disks[2]?.only.answer();
    expect([settled, records.isSettled]).to.deep.equal([2, true]);
    expect([copyAt(0, 4096)?.generation, copyAt(0, 4096)?.states]).to.deep.equal([5, ['in-sync', 'failed', 'in-sync']]);
  });

  it('drops who cannot be written to, and tells the others before anybody else', () => {
    store();
    disks[1]?.only.fail();
    disks[0]?.only.answer();
    disks[2]?.only.answer();
    expect([told, states()]).to.deep.equal([[], ['in-sync', 'failed', 'in-sync']]);
    disks[0]?.only.answer();
    disks[2]?.only.answer();
    expect([told, copyAt(2, 0)?.states[1]]).to.deep.equal([[null], 'failed']);
  });

  it('never drops the last one in sync: it fails, and tries again when asked', () => {
    records.drop(records.places[0]!);
    records.drop(records.places[1]!);
    expect([records.drop(records.places[2]!), records.drop(records.places[1]!), states()]).to.deep.equal([false, true, ['failed', 'failed', 'in-sync']]); // prettier-ignore
    store();
    disks[2]?.only.fail();
    expect([told, records.failure?.code, records.isSettled]).to.deep.equal([['EIO'], 'EIO', false]);
    store();
    disks[2]?.only.answer();
    expect([told, records.failure, records.isSettled]).to.deep.equal([['EIO', null], null, true]);
  });

  it('writes over the copy that a failed storing may have damaged, not over the one that is good (I8)', () => {
    store();
    for (const each of disks) each.only.answer();
    records.drop(records.places[0]!);
    records.drop(records.places[1]!);
    for (let attempt = 0; attempt < 3; attempt++) {
      store();
      expect(disks[2]?.only.position).to.equal(0);
      disks[2]?.only.fail();
    }
    expect([told, copyAt(2, 4096)?.sequence]).to.deep.equal([[null, 'EIO', 'EIO', 'EIO'], 11]);
    store();
    expect(disks[2]?.only.position).to.equal(0);
    disks[2]?.only.answer();
    store();
    expect(disks[2]?.only.position).to.equal(4096);
    disks[2]?.only.answer();
  });

  it('stores on the last in sync alone while that does not take it, so that none gets ahead by two changes (I8)', () => {
    records.set(1, 'rebuilding');
    records.set(2, 'failed');
    store();
    disks[0]?.only.fail();
    disks[1]?.only.answer();
    for (const state of ['rebuilding', 'failed', 'rebuilding'] as const) {
      records.set(2, state);
      store();
      expect(disks.map(({ pending }) => pending.length)).to.deep.equal([1, 0, 0]);
      disks[0]?.only.fail();
    }
    expect([told, copyAt(1, 4096)?.generation]).to.deep.equal([['EIO', 'EIO', 'EIO', 'EIO'], 5]);
    store();
    disks[0]?.only.answer();
    // Then all get it, before anybody is told.
    expect([told.length, disks.map(({ pending }) => pending.length)]).to.deep.equal([4, [1, 1, 1]]);
    for (const each of disks) each.only.answer();
    expect([told.at(-1), states()]).to.deep.equal([null, ['in-sync', 'rebuilding', 'rebuilding']]);
    expect(copyAt(1, 0)).to.deep.equal({ ...copyAt(0, 0), index: 1 });
  });

  it('tells at once that nothing is stored any more when its memory was given back', () => {
    records.free();
    store();
    expect([told, disks.map(({ log }) => log)]).to.deep.equal([['EIO'], [[], [], []]]);
  });

  it('does not hold a spare to account for what the one before it did', () => {
    store();
    const before = records.places[1]!;
    records.drop(before);
    const spare = new FaultyDevice({ name: 'spare', size: 1 << 14, inline: true });
    records.set(1, 'rebuilding', spare);
    disks[1]?.only.fail();
    expect(records.drop(before)).to.equal(true);
    disks[0]?.only.answer();
    disks[2]?.only.answer();
    expect(states()).to.deep.equal(['in-sync', 'rebuilding', 'in-sync']);
    expect(records.written.map(({ device }) => device.name)).to.deep.equal(['a', 'spare', 'c']);
    expect(records.inSync.map(({ device }) => device.name)).to.deep.equal(['a', 'c']);
  });
});
