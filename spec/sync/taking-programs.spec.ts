import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { watch, type Waitable } from '../../lib/event/waitable.js';
import { guard } from '../../lib/compound/guard.js';
import { map } from '../../lib/compound/map.js';
import { acquiringAll } from '../../lib/sync/acquire-all.js';
import { Barrier } from '../../lib/sync/barrier.js';
import { Channel } from '../../lib/sync/channel.js';
import { EventCounter } from '../../lib/sync/event-counter.js';
import type { Hold } from '../../lib/sync/hold.js';
import { Latch } from '../../lib/sync/latch.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { Once } from '../../lib/sync/once.js';
import { RwLock } from '../../lib/sync/rw-lock.js';
import { Semaphore } from '../../lib/sync/semaphore.js';
import type { WaitQueue } from '../../lib/wait/queue.js';
import { programs, Random, runPrograms, seed } from '../conformance/random.js';
import { collectUncaught, inOneCallback, turns } from '../event/support.js';

/** What a compound's value says was used, down to the leaves. */
type Used = (value: unknown) => void;

/**
 * A random program of compounds over channels and locks, some of them nested, some cancelled, some decided by others,
 * many in one callback. It notes what each compound that succeeded was given, and at the end nothing is missing or twice.
 */
class Program {
  readonly tally = new Map<string, number>();
  private readonly random: Random;
  private readonly channels = [0, 1, 2].map((capacity) => new Channel<number>(capacity));
  private readonly mutexes = [new Mutex(), new Mutex()];
  private readonly semaphore = new Semaphore(3);
  private readonly lock = new RwLock();
  private readonly pair = [new Semaphore(2), new Semaphore(1)];
  private readonly barrier = new Barrier(3);
  private readonly latch = new Latch(6);
  private readonly making: ((value: number) => void)[] = [];
  private readonly once = new Once<number>(() => new Promise((resolve) => this.making.push(resolve)));
  /** Arrivals that a round of the barrier has counted, and its rounds. */
  private arrivals = 0;
  private rounds = 0;
  private readonly counter = new EventCounter({ count: 2, semaphore: true });
  private readonly roots: Completion<unknown>[] = [];
  private readonly others: Completion<unknown>[] = [];
  private holds: Hold[] = [];
  private readonly leave: (() => void)[] = [];
  private readonly sent = new Set<number>();
  private readonly received: number[] = [];
  private counted = 0;
  private next = 0;

  constructor(random: Random) {
    this.random = random;
  }

  step(inside: boolean): void {
    const steps: [string, () => unknown][] = [
      ['choose', () => this.choose()],
      ['choose', () => this.choose()],
      ['cancel', () => void this.pick(this.roots)?.cancel()],
      ['decide', () => void this.pick(this.others)?.complete(null)],
      ['fail', () => void this.pick(this.others)?.fail('e')],
      ['release', () => this.release()],
      ['trySend', () => this.trySend()],
      ['tryReceive', () => this.receivedOne(this.pick(this.channels)?.tryReceive()?.value)],
      ['arrive', () => this.arrive()],
      ['countDown', () => this.latch.countDown()],
      ['write', () => this.counter.tryWrite() && this.counted++],
    ];
    const [name, run] = this.pick(steps) as (typeof steps)[number];
    this.count(name);
    run();
    if (inside || this.random.below(3) > 0) return;
    this.count('in one callback');
    inOneCallback(1 + this.random.below(4), () => this.step(true));
  }

  /** Ends everything, and compares. */
  async finish(): Promise<void> {
    this.making[0]?.(7);
    await turns(1);
    for (const root of this.roots) root.cancel();
    for (const leave of this.leave) leave();
    while (this.holds.length > 0) this.release();
    await turns(1);
    while (this.holds.length > 0) this.release();
    for (const root of this.roots) expect(root.settled).to.equal(true);
    for (const channel of this.channels) {
      for (let box = channel.tryReceive(); box !== null; box = channel.tryReceive()) this.receivedOne(box.value);
      expect(channel.ready() & ~4, 'nobody waits').to.equal(0);
    }
    expect([...this.received].sort(byValue)).to.deep.equal([...this.sent].sort(byValue));
    expect([this.counter.count, this.mutexes.map(({ locked, waiting }) => [locked, waiting])]).to.deep.equal([2 + this.counted, [[false, 0], [false, 0]]]); // prettier-ignore
    expect(this.pair.map(({ free, waiting }) => [free, waiting])).to.deep.equal([[2, 0], [1, 0]]); // prettier-ignore
    expect([this.arrivals, this.barrier.waiting], 'so many in each round').to.deep.equal([3 * this.rounds, 0]);
    for (const owner of [this.latch, this.once, this.barrier] as unknown as { queue: WaitQueue }[]) expect(owner.queue.active).to.equal(false); // prettier-ignore
    expect([this.semaphore.free, this.semaphore.waiting, this.lock.readers, this.lock.locked, this.lock.waiting]).to.deep.equal([3, 0, 0, false, 0]); // prettier-ignore
  }

  private choose(): void {
    const [waitable, used] = this.tree(0, true);
    const root = firstOf([waitable]);
    root.notify(() => {
      if (root.state !== 'done') return;
      this.count('won');
      used(root.value);
    });
    this.roots.push(root);
  }

  /** @param choices whether all above are choices, so that what is sent was meant to be */
  private tree(depth: number, choices: boolean): [Waitable<unknown>, Used] {
    const kind = depth >= 3 ? 9 : this.random.below(9);
    if (kind > 4) return this.leaf(choices);
    const isAll = kind === 0;
    this.count(isAll ? 'allOf' : 'choice');
    const build = (): [Completion<unknown>, Used] => {
      const parts = Array.from({ length: 1 + this.random.below(3) }, () => this.tree(depth + 1, choices && !isAll));
      const list = parts.map(([waitable]) => waitable);
      if (isAll) return [allOf(list), (value) => parts.forEach(([, used], at) => used((value as unknown[])[at]))];
      const named = Object.fromEntries(list.map((waitable, at) => [`b${at}`, waitable]));
      const chosen = kind === 1 ? firstOf(named) : anyOf(named);
      return [
        chosen,
        (answer) => {
          const { name, value } = answer as { name: string; value: unknown };
          parts[Number(name.slice(1))]?.[1](value);
        },
      ];
    };
    // A choice inside of a choice is made when that waits for it: what it sends on its own is sent.
    if (depth === 0 || !choices || isAll) return build();
    let used: Used = () => undefined;
    const guarded = guard(() => {
      const [waitable, use] = build();
      used = use;
      return waitable;
    });
    return [guarded, (value) => used(value)];
  }

  private leaf(mayOnlySendIfChosen: boolean): [Waitable<unknown>, Used] {
    const channel = this.pick(this.channels) as Channel<number>;
    const keep: Used = (hold) => {
      expect((hold as Hold).released).to.equal(false);
      this.holds.push(hold as Hold);
    };
    const leaves: (() => [Waitable<unknown>, Used])[] = [
      () => [channel.receiving(), (value) => this.receivedOne(value as number)],
      () => [map(channel.receiving(), (value) => [value]), (value) => this.receivedOne((value as number[])[0])],
      () => [this.pick(this.mutexes)?.acquiring() as Waitable<unknown>, keep],
      () => [this.semaphore.acquiring({ permits: 1 + this.random.below(3) }), keep],
      () => [this.random.below(2) === 0 ? this.lock.reading() : this.lock.writing(), keep],
      () => [this.counter.reading(), () => this.counted--],
      () => [acquiringAll(this.random.below(2) === 0 ? this.pair : [...this.pair].reverse()), keep],
      () => [acquiringAll([{ semaphore: this.pair[0] as Semaphore, permits: 2 }, this.semaphore]), keep],
      () => [this.arrivalOf(this.barrier.arriving()), (round) => expect(round).to.be.lessThan(this.rounds)],
      () => [this.latch.opening(), () => expect(this.latch.count).to.equal(0)],
      () => [this.once.getting(), (value) => expect(value).to.equal(7)],
      () => {
        const other = new Completion<unknown>();
        this.others.push(other);
        return [this.random.below(2) === 0 ? other : watch(other), () => undefined];
      },
    ];
    if (mayOnlySendIfChosen) {
      const value = this.next++;
      leaves.push(
        () => [channel.sending(value), () => void this.sent.add(value)],
        () => [channel.sending(value), () => void this.sent.add(value)],
      );
    }
    return (this.pick(leaves) as (typeof leaves)[number])();
  }

  /** Counted when it is claimed, whether or not its choice has use for it. */
  private arrivalOf(arriving: Completion<number>): Completion<number> {
    arriving.intercept(({ status, value }) => {
      if (status === 'done') this.passed(value);
    });
    return arriving;
  }

  private arrive(): void {
    const controller = new AbortController();
    this.leave.push(() => controller.abort());
    this.barrier.arrive({ signal: controller.signal }).then(
      (round) => this.passed(round),
      () => undefined,
    );
  }

  private passed(round: number): void {
    this.count('passed');
    this.arrivals++;
    this.rounds = Math.max(this.rounds, round + 1);
  }

  private trySend(): void {
    const value = this.next++;
    if (this.pick(this.channels)?.trySend(value) === true) this.sent.add(value);
  }

  private release(): void {
    const [hold] = this.holds.splice(this.random.below(Math.max(this.holds.length, 1)), 1);
    if (hold?.release() === true) this.count('released');
  }

  private receivedOne(value: number | undefined): void {
    if (value === undefined) return;
    this.count('received');
    this.received.push(value);
  }

  private pick<V>(list: readonly V[]): V | undefined {
    return list[this.random.below(list.length)];
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}

const byValue = (a: number, b: number): number => a - b;

describe('branches that take', function () {
  this.timeout(60_000);
  const uncaught = collectUncaught();

  it(`lose nothing and duplicate nothing, in random programs of choices and cancels; WAKECHAIN_SEED=${String(seed)} (E9)`, async () => {
    const total = new Map<string, number>();
    const count = Math.max(Math.round(programs / 2), 1);
    await runPrograms(count, async (random) => {
      const program = new Program(random);
      for (let i = 0; i < 40; i++) program.step(false);
      await program.finish();
      expect(uncaught).to.deep.equal([]);
      for (const [what, times] of program.tally) total.set(what, (total.get(what) ?? 0) + times);
    });
    if (count >= 100) {
      for (const what of [
        'won',
        'received',
        'released',
        'allOf',
        'choice',
        'in one callback',
        'cancel',
        'decide',
        'passed',
      ])
        expect(total.get(what) ?? 0, what).to.be.greaterThan(count);
    }
  });
});
