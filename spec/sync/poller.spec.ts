import { expect } from 'chai';
import sinon from 'sinon';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, type Pollable } from '../../lib/sync/pollable.js';
import { Poller } from '../../lib/sync/poller.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

/** A source whose readiness is set by hand; it counts how often it is looked at. */
class Source implements Pollable {
  readonly readiness = new WaitQueue();
  mask = 0;
  looks = 0;

  ready(): number {
    this.looks++;
    return this.mask;
  }

  become(mask: number): void {
    this.mask = mask;
    this.readiness.wake(mask);
  }
}

const now = { timeoutMs: 0 };

describe('Poller', () => {
  it('reports a source as long as it is ready, or once for each event', async () => {
    const [level, edge] = [new Source(), new Source()];
    const poller = new Poller<string>();
    poller.add(level, { data: 'level' });
    poller.add(edge, { data: 'edge', edge: true });
    expect(await poller.wait(now)).to.deep.equal([]);
    edge.become(POLLIN);
    level.become(POLLIN);
    const names = async (): Promise<string[]> => (await poller.wait(now)).map(({ data }) => data);
    expect([await names(), await names(), await names()]).to.deep.equal([['edge', 'level'], ['level'], ['level']]);
    edge.become(POLLIN);
    expect(await names()).to.deep.equal(['level', 'edge']);
    level.mask = 0;
    expect(await names()).to.deep.equal([]);
  });

  it('waits until a source becomes ready, and hands back the source and its data', async () => {
    const source = new Source();
    const poller = new Poller<number>();
    poller.add(source, { data: 7, events: POLLOUT });
    const waiting = poller.wait();
    source.become(POLLIN);
    await settled();
    source.become(POLLIN | POLLOUT);
    expect(await waiting).to.deep.equal([{ source, events: POLLOUT, data: 7 }]);
  });

  it('always reports errors and hang-ups, and what a source throws', async () => {
    const source = new Source();
    const poller = new Poller();
    poller.add(source, { events: 0 });
    source.become(POLLIN);
    expect(await poller.wait(now)).to.deep.equal([]);
    source.become(POLLHUP | POLLERR);
    expect((await poller.wait(now))[0]?.events).to.equal(POLLHUP | POLLERR);
    const broken = new Error('broken');
    source.ready = () => {
      throw broken;
    };
    expect(await poller.wait(now)).to.deep.equal([{ source, events: POLLERR, data: undefined, error: broken }]);
  });

  it('reports a one-shot source once, until it is armed again', async () => {
    const source = new Source();
    const poller = new Poller();
    poller.add(source, { oneShot: true });
    source.become(POLLIN);
    expect(await poller.wait(now)).to.have.length(1);
    source.become(POLLIN);
    expect(await poller.wait(now)).to.have.length(0);
    poller.modify(source, { oneShot: true });
    expect(await poller.wait(now)).to.have.length(1);
  });

  it('takes turns among sources that stay ready', async () => {
    const poller = new Poller<number>();
    const sources = Array.from({ length: 5 }, () => new Source());
    for (const [data, source] of sources.entries()) {
      poller.add(source, { data });
      source.become(POLLIN);
    }
    const seen: number[] = [];
    for (let i = 0; i < 5; i++)
      for (const { data } of await poller.wait({ maxEvents: 2, timeoutMs: 0 })) seen.push(data);
    expect(seen).to.deep.equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });

  it('looks at the sources that are ready, not at the hundred thousand that are not', async () => {
    const poller = new Poller();
    const sources = Array.from({ length: 100_000 }, () => new Source());
    for (const source of sources) {
      poller.add(source);
      source.looks = 0;
    }
    for (const i of [5, 50_000]) sources[i]?.become(POLLIN);
    expect(await poller.wait(now)).to.have.length(2);
    expect(sources.reduce((sum, { looks }) => sum + looks, 0)).to.equal(2);
  });

  it('leaves what becomes ready during a harvest for the next one, behind what was there', async () => {
    const poller = new Poller<string>();
    const [a, b] = [new Source(), new Source()];
    a.ready = () => {
      if (b.mask === 0) b.become(POLLIN);
      return POLLIN;
    };
    poller.add(b, { data: 'b' });
    poller.add(a, { data: 'a', edge: true });
    b.mask = 0;
    a.readiness.wake(POLLIN);
    expect((await poller.wait(now)).map(({ data }) => data)).to.include('a');
    expect((await poller.wait(now)).map(({ data }) => data)).to.deep.equal(['b']);
  });

  it('wakes the waiter that has waited longest, and the next when something is left', async () => {
    const poller = new Poller();
    const [a, b] = [new Source(), new Source()];
    poller.add(a, { edge: true });
    poller.add(b, { edge: true });
    const trace: string[] = [];
    follow(trace, 'first', poller.wait({ maxEvents: 1 }));
    follow(trace, 'second', poller.wait({ maxEvents: 1 }));
    a.become(POLLIN);
    await settled();
    expect(trace).to.deep.equal(['first']);
    b.become(POLLIN);
    await settled();
    expect(trace).to.deep.equal(['first', 'second']);
  });

  it('keeps the place of a waiter whose event somebody else has collected (W6)', async () => {
    const poller = new Poller();
    const source = new Source();
    poller.add(source, { edge: true });
    const trace: string[] = [];
    follow(trace, 'first', poller.wait());
    follow(trace, 'second', poller.wait());
    source.become(POLLIN);
    expect(await poller.wait(now), 'the thief').to.have.length(1);
    await settled();
    expect(trace).to.deep.equal([]);
    source.become(POLLIN);
    await settled();
    expect(trace).to.deep.equal(['first']);
    poller.close();
    await settled();
  });

  it('loses no event with a waiter that leaves, and leaves nothing behind (W6)', async () => {
    const poller = new Poller();
    const source = new Source();
    poller.add(source, { edge: true });
    const { signal, abort } = abortable();
    const aborted = poller.wait({ signal });
    abort('enough');
    source.become(POLLIN);
    expect(await rejection(aborted)).to.equal('enough');
    expect(await rejection(poller.wait({ signal }))).to.equal('enough');
    expect(await poller.wait({ timeoutMs: 1000 })).to.have.length(1);
    expect(await poller.wait({ timeoutMs: 1 })).to.deep.equal([]);
    poller.remove(source);
    expect([source.readiness.active, poller.size]).to.deep.equal([false, 0]);
  });

  it('of several exclusive pollers with waiters lets one learn of an event, and all without', async () => {
    const source = new Source();
    const pollers = [new Poller(), new Poller()] as const;
    for (const poller of pollers) poller.add(source, { exclusive: true, edge: true });
    const trace: string[] = [];
    for (const [i, poller] of pollers.entries()) follow(trace, String(i), poller.wait());
    source.become(POLLIN);
    await settled();
    expect(trace).to.deep.equal(['0']);
    source.become(POLLIN);
    await settled();
    expect(trace).to.deep.equal(['0', '1']);
    source.become(POLLIN);
    expect([(await pollers[0].wait(now)).length, (await pollers[1].wait(now)).length]).to.deep.equal([1, 1]);
  });

  it('that is watched forgets the place of what is ready no more, whenever it is looked at (W6)', async () => {
    const [early, late] = [new EventCounter({ count: 1 }), new EventCounter()];
    const [inner, outer] = [new Poller<string>(), new Poller()];
    inner.add(early, { data: 'early' });
    inner.add(late, { data: 'late' });
    outer.add(inner);
    early.tryRead();
    // It is marked there, and looked at all the same.
    outer.modify(inner);
    late.tryWrite();
    early.tryWrite();
    expect((await inner.wait({ timeoutMs: 0 })).map(({ data }) => data)).to.deep.equal(['late', 'early']);
  });

  it('is a source for other pollers, not in a circle and at most five in a row', async () => {
    const counter = new EventCounter();
    const [inner, outer] = [new Poller(), new Poller()];
    inner.add(counter);
    outer.add(inner);
    const waiting = outer.wait();
    counter.tryWrite();
    expect((await waiting)[0]?.source).to.equal(inner);
    counter.tryRead();
    expect(await outer.wait(now)).to.deep.equal([]);
    expect(codeOf(() => inner.add(outer))).to.equal('ERR_POLL_CYCLE');
    expect(codeOf(() => inner.add(inner))).to.equal('ERR_POLL_CYCLE');
    const chain = Array.from({ length: 6 }, () => new Poller());
    for (let i = 0; i < 4; i++) (chain[i] as Poller).add(chain[i + 1] as Poller);
    expect(codeOf(() => (chain[4] as Poller).add(chain[5] as Poller))).to.equal('ERR_POLL_CYCLE');
    outer.remove(inner);
    inner.add(outer);
  });

  it('looks at each poller once a level, however many ways lead to it', () => {
    const width = 12;
    const levels = Array.from({ length: 5 }, () => Array.from({ length: width }, () => new Poller()));
    for (let i = 3; i >= 0; i--) for (const above of levels[i]!) for (const below of levels[i + 1]!) above.add(below);
    const walks = sinon.spy(Set.prototype, Symbol.iterator);
    try {
      expect(codeOf(() => new Poller().add(levels[0]![0]!))).to.equal('ERR_POLL_CYCLE');
      expect(codeOf(() => levels[4]![0]!.add(levels[0]![0]!))).to.equal('ERR_POLL_CYCLE');
      expect(walks.callCount).to.be.lessThan(10 * 5 * width);
    } finally {
      walks.restore();
    }
  });

  it('tells who waits that it was closed, and watches nothing any more', async () => {
    const poller = new Poller();
    const source = new Source();
    poller.add(source);
    const waiting = poller.wait();
    poller[Symbol.dispose]();
    poller.close();
    expect(await rejection(waiting)).to.have.property('code', 'ERR_POLLER_CLOSED');
    expect(codeOf(() => poller.add(source))).to.equal('ERR_POLLER_CLOSED');
    expect(source.readiness.active).to.equal(false);
  });

  it('refuses what it cannot watch', async () => {
    const poller = new Poller();
    const source = new Source();
    const codes = [
      () => poller.add({} as Pollable),
      () => poller.add(null as unknown as Pollable),
      () => poller.modify(source),
      () => poller.remove(source),
      () => poller.add(source, { events: 64 }),
      () => poller.add(source, { exclusive: true, oneShot: true }),
      () => poller.add(new Poller(), { exclusive: true }),
    ].map(codeOf);
    expect(codes).to.deep.equal(['ERR_POLLABLE', 'ERR_POLLABLE', 'ERR_NOT_REGISTERED', 'ERR_NOT_REGISTERED', 'ERR_POLL_OPTIONS', 'ERR_POLL_OPTIONS', 'ERR_POLL_OPTIONS']); // prettier-ignore
    poller.add(source, { exclusive: true });
    expect(codeOf(() => poller.add(source))).to.equal('ERR_REGISTERED');
    expect(codeOf(() => poller.modify(source))).to.equal('ERR_POLL_OPTIONS');
    expect(await rejection(poller.wait({ maxEvents: 0 }))).to.have.property('code', 'ERR_MAX_EVENTS');
    expect(await rejection(poller.wait({ timeoutMs: -1 }))).to.have.property('code', 'ERR_DELAY');
  });

  it('lets the next one have an event for which one was woken that is aborted in the same turn (W6)', async () => {
    const counter = new EventCounter();
    const poller = new Poller();
    poller.add(counter, { edge: true });
    const { signal, abort } = abortable();
    const first = rejection(poller.wait({ signal }));
    const second = poller.wait();
    counter.tryWrite();
    abort('left');
    expect([await first, (await second).length]).to.deep.equal(['left', 1]);
  });
});
