import { expect } from 'chai';
import type { Io } from '../../lib/io/io.js';
import { Slot, WaitingList } from '../../lib/io/waiting-list.js';

class Header {
  readonly name: string;
  readonly trace: string[];
  bytes = 0;
  slot: Slot | null = null;

  constructor(name: string, trace: string[] = []) {
    this.name = name;
    this.trace = trace;
  }

  parked(slot: Slot): void {
    this.slot = slot;
  }

  unparked(slot: Slot): void {
    expect(slot).to.equal(this.slot);
    this.slot = null;
  }

  finish(bytes: number, error: Error | null): void {
    this.trace.push(`${this.name} ${String(bytes)} ${String((error as { code?: string } | null)?.code)}`);
  }
}

const park = (list: WaitingList, header: Header, before?: Slot): Slot => list.park(header as unknown as Io, before);
const names = (list: WaitingList): string[] => [...list].map(({ io }) => (io as unknown as Header).name);

describe('WaitingList', () => {
  it('keeps headers in order of arrival, or in front of another, and tells them where they are', () => {
    const list = new WaitingList();
    const headers = ['a', 'b', 'c', 'd'].map((name) => new Header(name));
    const [a, b] = [park(list, headers[0] as Header), park(list, headers[1] as Header)];
    park(list, headers[2] as Header, b);
    park(list, headers[3] as Header, a);
    expect([names(list), list.length, list.first?.io]).to.deep.equal([['d', 'a', 'c', 'b'], 4, headers[3]]);
    expect([headers[0]?.slot === a, a.list === list]).to.deep.equal([true, true]);
    for (const header of headers) if (header.slot !== null) list.take(header.slot);
    expect([names(list), list.length, list.first]).to.deep.equal([[], 0, null]);
  });

  it('takes one out from anywhere, once', () => {
    const list = new WaitingList();
    const slots = ['a', 'b', 'c'].map((name) => park(list, new Header(name)));
    expect([list.take(slots[1] as Slot), list.take(slots[1] as Slot)]).to.deep.equal([true, false]);
    expect(names(list)).to.deep.equal(['a', 'c']);
    expect([list.take(slots[2] as Slot), names(list)]).to.deep.equal([true, ['a']]);
    expect([list.take(slots[0] as Slot), names(list), slots[0]?.list]).to.deep.equal([true, [], null]);
    park(list, new Header('d'));
    expect(names(list)).to.deep.equal(['d']);
    list.take(list.first as Slot);
  });

  it('withdraws one with ECANCELED, and tells its layer before (N14)', () => {
    const trace: string[] = [];
    const list = new WaitingList((slot) => trace.push(`withdrawing ${(slot.io as unknown as Header).name}`)); // prettier-ignore
    const slot = park(list, new Header('a', trace));
    expect([list.withdraw(slot), list.withdraw(slot)]).to.deep.equal([true, false]);
    expect([trace, list.length]).to.deep.equal([['withdrawing a', 'a 0 ECANCELED'], 0]);
    const again = new Header('b', trace);
    again.bytes = 512;
    expect([list.withdraw(park(list, again)), trace.at(-1)]).to.deep.equal([true, 'b 512 ECANCELED']);
  });

  it('does not touch what waits elsewhere', () => {
    const [one, other] = [new WaitingList(), new WaitingList()];
    const slot = park(one, new Header('a'));
    expect([other.take(slot), other.withdraw(slot), one.length]).to.deep.equal([false, false, 1]);
    one.take(slot);
  });

  describe('all', () => {
    it('are the lists in which something waits', () => {
      const [one, other] = [new WaitingList(), new WaitingList()];
      const slots = [park(one, new Header('a')), park(one, new Header('b')), park(other, new Header('c'))];
      expect([...WaitingList.all]).to.deep.equal([one, other]);
      for (const slot of slots) slot.list?.take(slot);
      expect([...WaitingList.all]).to.deep.equal([]);
    });
  });
});
