import { expect } from 'chai';
import { firstOf } from '../../lib/event/first-of.js';
import { Completion } from '../../lib/event/completion.js';
import { Barrier } from '../../lib/sync/barrier.js';
import { Latch } from '../../lib/sync/latch.js';
import { Once } from '../../lib/sync/once.js';
import type { Wakened } from '../../lib/sync/wakened.js';
import { programs, Random, runPrograms, seed } from '../conformance/random.js';
import { settled } from './kit.js';

/** How what is waited for is waited for: by a promise with a signal, or by a branch. */
interface Ways {
  wait(signal: AbortSignal): Promise<unknown>;
  branch(): Wakened<unknown>;
}

/** Those who wait, how each ended, and how each should have. */
abstract class Program {
  protected readonly random: Random;
  protected waiting: number[] = [];
  private readonly leaves: (() => void)[] = [];
  private readonly ended = new Map<number, unknown>();
  private readonly expected = new Map<number, unknown>();

  constructor(random: Random) {
    this.random = random;
  }

  /** One who comes, and ends at once if the answer says so; null leaves it waiting. */
  protected abstract came(): { end: unknown } | null;
  protected abstract readonly ways: Ways;
  protected abstract step(): Promise<void> | void;
  protected abstract finish(): Promise<void> | void;
  protected abstract check(): void;
  protected left(): void {
    // Most take no note of who has left.
  }

  async run(): Promise<void> {
    for (let steps = 30; steps > 0; steps--) {
      await this.random.pick<() => Promise<void> | void>([
        () => this.come(),
        () => this.come(),
        () => this.leave(),
        () => this.step(),
      ])();
      if (this.random.below(2) === 0) await this.turn();
    }
    await this.turn();
    await this.finish();
    await this.turn();
    expect(this.waiting).to.deep.equal([]);
  }

  protected end(ids: readonly number[], how: unknown): void {
    for (const id of ids) this.expected.set(id, how);
  }

  protected endAll(how: unknown): void {
    this.end(this.waiting.splice(0), how);
  }

  protected async turn(): Promise<void> {
    await settled();
    expect([...this.ended].sort(byId)).to.deep.equal([...this.expected].sort(byId));
    this.check();
  }

  private come(): void {
    const id = this.leaves.length;
    const note = (how: unknown): void => {
      expect(this.ended.has(id)).to.equal(false);
      this.ended.set(id, how);
    };
    const failed = (error: unknown): void => note(error instanceof Error ? 'gave up' : error);
    this.random.pick([() => this.comeByPromise(id, note, failed), () => this.comeByBranch(id, note, failed), () => this.comeByChoice(id, note, failed)])(); // prettier-ignore
  }

  private comeByPromise(id: number, note: (how: unknown) => void, failed: (error: unknown) => void): void {
    const controller = new AbortController();
    this.leaves.push(() => controller.abort(new Error('left')));
    if (this.random.below(8) === 0) {
      controller.abort(new Error('left before'));
      this.end([id], 'gave up');
    } else this.enter(id);
    this.ways.wait(controller.signal).then(note, failed);
  }

  private comeByBranch(id: number, note: (how: unknown) => void, failed: (error: unknown) => void): void {
    const branch = this.ways.branch();
    this.leaves.push(() => branch.cancel());
    this.enter(id);
    branch.promise().then(note, failed);
  }

  private comeByChoice(id: number, note: (how: unknown) => void, failed: (error: unknown) => void): void {
    const [branch, other] = [this.ways.branch(), new Completion<unknown>()];
    const choice = firstOf([branch, other]);
    this.leaves.push(() => other.fail(new Error('lost')));
    this.enter(id);
    choice.promise().then(note, failed);
  }

  private enter(id: number): void {
    const ends = this.came();
    if (ends === null) this.waiting.push(id);
    else this.end([id], ends.end);
  }

  private leave(): void {
    if (this.leaves.length === 0) return;
    const id = this.random.below(this.leaves.length);
    const place = this.waiting.indexOf(id);
    if (place >= 0) {
      this.waiting.splice(place, 1);
      this.end([id], 'gave up');
    }
    this.leaves[id]?.();
    if (place >= 0) this.left();
  }
}

function byId([one]: [number, unknown], [other]: [number, unknown]): number {
  return one - other;
}

class AtBarrier extends Program {
  private readonly barrier = new Barrier(1 + this.random.below(4));
  protected readonly ways: Ways = {
    wait: (signal) => this.barrier.arrive({ signal }),
    branch: () => this.barrier.arriving(),
  };
  private round = 0;

  protected came(): { end: unknown } | null {
    if (this.waiting.length + 1 < this.barrier.parties) return null;
    const end = this.round++;
    this.endAll(end);
    return { end };
  }

  protected step(): void {
    this.check();
  }

  protected finish(): void {
    const missing = this.waiting.length > 0 ? this.barrier.parties - this.waiting.length : 0;
    for (let i = 0; i < missing; i++) void this.barrier.arrive();
    this.endAll(this.round);
  }

  protected check(): void {
    expect(this.barrier.waiting).to.equal(this.waiting.length);
  }
}

class AtLatch extends Program {
  private count = this.random.below(5);
  private readonly latch = new Latch(this.count);
  protected readonly ways: Ways = {
    wait: (signal) => this.latch.wait({ signal }),
    branch: () => this.latch.opening(),
  };

  protected came(): { end: unknown } | null {
    return this.count === 0 ? { end: undefined } : null;
  }

  protected step(): void {
    this.down(1 + this.random.below(2));
  }

  protected finish(): void {
    this.down(5);
  }

  protected check(): void {
    expect(this.latch.count).to.equal(this.count);
  }

  private down(by: number): void {
    this.count = Math.max(0, this.count - by);
    expect(this.latch.countDown(by)).to.equal(this.count === 0);
    if (this.count === 0) this.endAll(undefined);
  }
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is made is told of in a turn of its own, in which nobody comes or leaves. */
class AtOnce extends Program {
  private readonly keepFailure = this.random.below(2) === 0;
  private readonly attempts: Attempt[] = [];
  private begun = 0;
  private running = false;
  private givenUp = false;
  private final: { end: unknown } | null = null;
  private readonly once = new Once<unknown>(
    (signal) => new Promise((resolve, reject) => this.attempts.push({ signal, resolve, reject })),
    { keepFailure: this.keepFailure },
  );
  protected readonly ways: Ways = {
    wait: (signal) => this.once.get({ signal }),
    branch: () => this.once.getting(),
  };

  protected came(): { end: unknown } | null {
    if (this.final === null && !this.running) this.begin();
    return this.final;
  }

  protected override left(): void {
    if (this.waiting.length === 0 && this.running) this.givenUp = true;
  }

  protected step(): Promise<void> {
    return this.settle(this.random.below(2) === 0);
  }

  protected async finish(): Promise<void> {
    await this.settle(true);
  }

  protected check(): void {
    expect(this.attempts.length).to.equal(this.begun);
    expect(this.once.done).to.equal(this.final?.end === 'value');
    if (this.running) expect(this.attempts.at(-1)?.signal.aborted).to.equal(this.givenUp);
  }

  private begin(): void {
    this.begun++;
    this.running = true;
    this.givenUp = false;
  }

  private async settle(well: boolean): Promise<void> {
    if (!this.running) return;
    this.running = false;
    const attempt = this.attempts.at(-1);
    if (well) {
      attempt?.resolve('value');
      this.final = { end: 'value' };
      this.endAll('value');
    } else {
      attempt?.reject('failure');
      if (!this.givenUp) {
        if (this.keepFailure) this.final = { end: 'failure' };
        this.endAll('failure');
      } else if (this.waiting.length > 0) this.begin();
    }
    await this.turn();
  }
}

describe('Barrier, Latch and Once in programs', () => {
  for (const Kind of [AtBarrier, AtLatch, AtOnce]) {
    it(`${Kind.name}: whoever comes or leaves, by a promise, a branch or a choice (W6 E6, WAKECHAIN_SEED=${seed})`, () =>
      runPrograms(Math.ceil(programs / 10), (random) => new Kind(random).run()));
  }
});
