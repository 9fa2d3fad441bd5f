import { expect } from 'chai';
import type { Io } from '../../lib/io/io.js';
import { IoClass } from '../../lib/io/io-class.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { ServiceOrder } from '../../lib/io/service-order.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { Random, seed } from '../conformance/random.js';

const pages = new PagePool().allocate(1 << 16);

/** A queue in which everything waits behind one request; `rest` serves it and tells in which order, by names. */
function rig(options: { patience?: number; depth?: number } = {}) {
  const disk = new FaultyDevice({ size: 1 << 24 });
  const queue = new RequestQueue(disk, { depth: 1, ...options });
  const names = new Map<number, string>();
  let position = 0;
  const read = (name: string, ioClass?: IoClass, length = 4096): IoRequest => {
    position += 1 << 16;
    names.set(position, name);
    return queue.read(pages.range(0, length), { position, ...(ioClass && { ioClass }) });
  };
  read('first');
  const served = (): string[] => disk.log.slice(1).map((line) => names.get(Number(/\d+/.exec(line)?.[0])) ?? '?');
  const rest = (): string => {
    disk.answerAll();
    return served().join('');
  };
  return { disk, queue, read, rest, served };
}

describe('ServiceOrder', () => {
  it('serves higher priorities first, and each first come, first served (I10)', () => {
    const { read, rest } = rig();
    const [high, low] = [new IoClass({ priority: 1 }), new IoClass({ priority: -1 })];
    read('l', low);
    read('a');
    read('m', low);
    read('h', high);
    read('b', new IoClass());
    read('i', high);
    expect(rest()).to.equal('hiablm');
  });

  it('takes in what waited before the first class came', () => {
    const { read, rest } = rig();
    read('a');
    read('b');
    read('h', new IoClass({ priority: 1 }));
    expect(rest()).to.equal('hab');
  });

  it('shares one priority by weight, in bytes (I10)', () => {
    const { read, served, disk } = rig({ patience: 1e6 });
    const [three, one] = [new IoClass({ weight: 3 }), new IoClass({ weight: 1 })];
    for (let i = 0; i < 40; i++) read('3', three);
    for (let i = 0; i < 20; i++) read('1', one, 8192);
    for (let i = 0; i < 35; i++) disk.only.answer();
    const threes = served().filter((name) => name === '3').length;
    const ones = served().filter((name) => name === '1').length;
    // 4096 bytes for the one, 8192 for the other.
    expect([threes, ones]).to.deep.equal([30, 5]);
    disk.answerAll();
  });

  it('serves whoever has had least for its weight, among very many that come and go (I10)', () => {
    const random = new Random(seed);
    const list = new WaitingList();
    const order = new ServiceOrder(list, 1e6);
    const flows = Array.from({ length: 60 }, () => {
      const slots: ReturnType<WaitingList['park']>[] = [];
      return { ioClass: new IoClass({ weight: 1 + random.below(9) }), start: 0, slots };
    });
    let time = 0;
    for (let step = 0; step < 3000; step++) {
      const flow = random.pick(flows);
      const { ioClass, slots } = flow;
      if (step < 60 || random.chance(50)) {
        if (slots.length === 0) flow.start = Math.max(flow.start, time);
        const slot = list.park({
          operation: 'read',
          length: 4096,
          ioClass,
          parked() {},
          unparked() {},
        } as unknown as Io);
        order.add(slot);
        slots.push(slot);
        continue;
      }
      const next = random.chance(90) ? order.next : (slots.at(-1) ?? null);
      const served = flows.find((each) => next !== null && each.slots.includes(next));
      if (next === null || served === undefined) continue;
      if (next === order.next) {
        const least = Math.min(...flows.filter((each) => each.slots.length > 0).map(({ start }) => start));
        expect(served.start, `WAKECHAIN_SEED=${String(seed)}, step ${String(step)}`).to.equal(least);
        order.charge(next);
        time = Math.max(time, served.start);
        served.start += 4096 / served.ioClass.weight;
      }
      list.take(next);
      order.remove(next);
      served.slots.splice(served.slots.indexOf(next), 1);
      if (list.length > 0) continue;
      time = 0;
      for (const each of flows) each.start = 0;
    }
    for (const slot of [...list]) list.take(slot);
  });

  it('gives nobody credit for the time in which it asked for nothing (I10)', () => {
    const { read, rest, disk, served } = rig();
    const [a, b] = [new IoClass(), new IoClass()];
    read('b', b);
    for (let i = 0; i < 20; i++) read('a', a);
    for (let i = 0; i < 11; i++) disk.only.answer();
    for (let i = 0; i < 8; i++) read('b', b);
    for (let i = 0; i < 8; i++) disk.only.answer();
    const after = served().slice(11);
    expect(after.filter((name) => name === 'b').length).to.be.within(3, 5);
    rest();
  });

  it('charges what moves no data as a page', () => {
    const { read, rest, queue, disk } = rig();
    const [a, b] = [new IoClass(), new IoClass()];
    for (let i = 0; i < 4; i++) void queue.discard(1 << 20, { position: 0, ioClass: a });
    for (let i = 0; i < 4; i++) read('b', b);
    rest();
    expect(
      disk.log
        .slice(1)
        .map((line) => line[0])
        .join(''),
    ).to.equal('drdrdrdr');
  });

  for (const patience of [0, 1, 5]) {
    it(`lets nobody be overtaken by more than ${String(patience)} (I10)`, () => {
      const { read, rest } = rig({ patience });
      const high = new IoClass({ priority: 1 });
      read('l', new IoClass());
      for (let i = 0; i < 8; i++) read('h', high);
      expect(rest()).to.equal('h'.repeat(patience) + 'l' + 'h'.repeat(8 - patience));
    });
  }

  it('counts what overtook the others while an older one waited', () => {
    const { read, rest } = rig({ patience: 2 });
    const high = new IoClass({ priority: 1 });
    for (const name of 'abc') read(name);
    for (let i = 0; i < 4; i++) read('h', high);
    expect(rest()).to.equal('hhabchh');
  });

  it('forgets what was withdrawn, wherever it was (N14)', () => {
    const { read, rest, queue } = rig();
    const high = new IoClass({ priority: 1 });
    const requests = ['a', 'h', 'b', 'i', 'c', 'j'].map((name) => read(name, name > 'd' ? high : undefined));
    for (const i of [1, 2, 5]) expect(requests[i]?.cancel()).to.equal('cancelled');
    expect(queue.queued).to.equal(3);
    expect(rest()).to.equal('iac');
  });

  it('remembers no class once nothing waits', () => {
    const list = new WaitingList();
    const order = new ServiceOrder(list, 10);
    const io = { operation: 'read', length: 512, ioClass: new IoClass(), parked() {}, unparked() {} } as unknown as Io;
    const slot = list.park(io);
    order.add(slot);
    expect(order.next).to.equal(slot);
    expect(order.classes).to.equal(1);
    order.charge(slot);
    list.take(slot);
    order.remove(slot);
    expect([order.next, order.classes]).to.deep.equal([null, 0]);
  });

  it('keeps to the order and to its patience, whatever comes and goes (I10)', () => {
    for (let i = 0; i < 200; i++) program(new Random(seed + i), `WAKECHAIN_SEED=${String(seed + i)}`);
  });
});

/** Compared with a plain list, in which every request knows how many have overtaken it. */
function program(random: Random, title: string): void {
  const list = new WaitingList();
  const patience = random.below(6);
  const order = new ServiceOrder(list, patience);
  const classes = [0, 0, 0, 1, 1, 2].map((priority, i) => new IoClass({ priority, weight: 1 + (i % 3) }));
  const model: { slot: ReturnType<WaitingList['park']>; overtaken: number; ioClass: IoClass }[] = [];
  for (let step = 0; step < 200; step++) {
    const dice = random.below(10);
    if (dice < 5) {
      const ioClass = random.pick(classes);
      const io = { operation: 'read', length: 4096, ioClass, parked() {}, unparked() {} } as unknown as Io;
      const slot = list.park(io);
      order.add(slot);
      model.push({ slot, overtaken: 0, ioClass });
    } else if (dice < 6 && model.length > 0) {
      const [gone] = model.splice(random.below(model.length), 1);
      if (gone === undefined) continue;
      list.take(gone.slot);
      order.remove(gone.slot);
    } else if (model.length > 0) {
      const slot = order.next;
      const index = model.findIndex((each) => each.slot === slot);
      expect(index, title).to.be.at.least(0);
      const chosen = model[index];
      if (slot === null || chosen === undefined) return;
      const highest = Math.max(...model.map(({ ioClass }) => ioClass.priority));
      if (index > 0) expect(chosen.ioClass.priority, title).to.equal(highest);
      const sameBefore = model.slice(0, index).some(({ ioClass }) => ioClass === chosen.ioClass);
      expect(sameBefore, title).to.equal(false);
      for (const each of model.slice(0, index)) expect(++each.overtaken, title).to.be.at.most(patience);
      model.splice(index, 1);
      order.charge(slot);
      list.take(slot);
      order.remove(slot);
    }
  }
  // Nothing is left to be searched by others.
  for (const slot of [...list]) list.take(slot);
}
