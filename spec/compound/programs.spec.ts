import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { throttle } from '../../lib/adapters/throttle.js';
import { timeout } from '../../lib/adapters/timeout.js';
import { toIterable } from '../../lib/adapters/to-iterable.js';
import { atLeast } from '../../lib/compound/at-least.js';
import { forEach } from '../../lib/compound/for-each.js';
import { guard } from '../../lib/compound/guard.js';
import { map } from '../../lib/compound/map.js';
import { scope } from '../../lib/compound/scope.js';
import { select, when } from '../../lib/compound/select.js';
import { sequence } from '../../lib/compound/sequence.js';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import type { CompoundOptions, Losers } from '../../lib/event/collation.js';
import { Completion, type ReusableCompletion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { sourceOf, watch, Watch, type Waitable } from '../../lib/event/waitable.js';
import { Hold } from '../../lib/sync/hold.js';
import { Semaphore } from '../../lib/sync/semaphore.js';
import { programs, Random, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { collectUncaught, inOneCallback, turns } from '../event/support.js';

const CAPACITY = 3;

/**
 * A random program of whatever waits for others, nested, over permits, completions and timers. Roots are cancelled and
 * settled by hand, also in callbacks. In the end every permit was given to somebody once or given back, and nothing waits.
 */
class Program {
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly clock = new ManualClock();
  private readonly semaphore = new Semaphore(CAPACITY);
  private readonly leaves: Completion<unknown>[] = [];
  private readonly roots: Completion<unknown>[] = [];
  private readonly loops: AsyncGenerator[] = [];
  private holds: Hold[] = [];

  constructor(random: Random, tally: Map<string, number>) {
    this.random = random;
    this.tally = tally;
  }

  step(inside: boolean): void {
    const steps: [name: string, run: () => unknown][] = [
      ['root', () => this.begin()],
      ['root', () => this.begin()],
      ['complete', () => this.some(this.leaves)?.complete(null)],
      ['complete', () => this.some(this.leaves)?.complete(null)],
      ['fail', () => this.some(this.leaves)?.fail('e')],
      ['cancel a leaf', () => this.some(this.leaves)?.cancel()],
      ['cancel', () => this.some(this.roots)?.cancel()],
      ['by hand', () => this.some(this.roots)?.complete('by hand')],
      ['by hand', () => this.some(this.roots)?.fail('by hand')],
      ['release', () => this.some(this.holds)?.release()],
      ['release', () => this.some(this.holds)?.release()],
      ['advance', () => this.clock.advance(this.random.below(5))],
      ['leave', () => void this.some(this.loops)?.return(undefined)],
    ];
    const [name, run] = this.random.pick(steps);
    this.count(name);
    run();
    this.holds = this.holds.filter(({ released }) => !released);
    if (inside || this.random.below(4) > 0) return;
    this.count('in one callback');
    inOneCallback(1 + this.random.below(4), () => this.step(true));
  }

  /** Ends everything, and sees what is left. */
  async finish(): Promise<void> {
    for (const root of this.roots) root.cancel();
    for (const loop of this.loops) void loop.return(undefined);
    for (let turn = 0; turn < 3 || this.holds.length > 0; turn++) {
      for (const leaf of this.leaves) leaf.complete(null);
      for (const hold of this.holds.splice(0)) hold.release();
      await turns(2);
    }
    const states = this.roots.filter(({ settled }) => !settled).length;
    expect([states, this.semaphore.free, this.semaphore.waiting, this.clock.pending]).to.deep.equal([0, CAPACITY, 0, 0]); // prettier-ignore
    expect(this.leaves.filter(({ size }) => size > 0).length, 'entries left').to.equal(0);
  }

  private begin(): void {
    const root = firstOf([this.tree(0)], this.options());
    root.notify(() => {
      if (root.state === 'done') this.keep(root.value);
    });
    this.roots.push(root);
  }

  /** What was delivered, with all the holds that are in it. */
  private keep(value: unknown): void {
    if (value instanceof Hold) {
      expect([value.released, this.holds.includes(value)], 'given once').to.deep.equal([false, false]);
      this.holds.push(value);
      this.count('given');
    } else if (Array.isArray(value)) for (const each of value) this.keep(each);
  }

  private options(): CompoundOptions {
    return { losers: this.random.pick<Losers>(['cancel', 'join']), wait: this.random.below(3) > 0 };
  }

  private parts(depth: number): Waitable<unknown>[] {
    return Array.from({ length: 1 + this.random.below(3) }, () => this.tree(depth + 1));
  }

  private tree(depth: number): Waitable<unknown> {
    const shapes: Record<string, () => Waitable<unknown>> = {
      allOf: () => allOf(this.parts(depth), { ...this.options(), onFailure: this.random.pick(['wait', 'cancel']) }),
      anyOf: () => anyOf(this.parts(depth), this.options()),
      firstOf: () => firstOf(this.parts(depth), this.options()),
      atLeast: () => atLeast(1, this.parts(depth), this.options()),
      sequence: () => sequence(Array.from({ length: 1 + this.random.below(3) }, () => () => this.tree(depth + 1))),
      guard: () => guard(() => this.tree(depth + 1)),
      map: () => map(this.tree(depth + 1), (value) => [value]),
      'map that throws': () => map(this.tree(depth + 1), () => { throw new Error('change'); }), // prettier-ignore
      select: () => guard(() => this.selecting(depth)),
      scope: () => guard(() => this.scoped(depth)),
      forEach: () => guard(() => this.looping(depth)),
      throttle: () => throttle(() => this.tree(depth + 1), 3, { clock: this.clock })(),
      timed: () => firstOf([this.tree(depth + 1), timeout(this.random.below(8), { clock: this.clock })]),
      toIterable: () => this.iterating(depth),
    };
    const name = this.random.pick(Object.keys(shapes));
    if (depth >= 3 || this.random.below(3) === 0) return this.leaf();
    this.count(name);
    return (shapes[name] as () => Waitable<unknown>)();
  }

  private leaf(): Waitable<unknown> {
    if (this.random.below(3) > 0) return this.semaphore.acquiring({ permits: 1 + this.random.below(2), barge: this.random.below(4) === 0 }); // prettier-ignore
    const leaf = new Completion<unknown>();
    this.leaves.push(leaf);
    if (this.random.below(4) === 0) leaf.complete(null);
    return this.random.below(4) === 0 ? watch(leaf) : leaf;
  }

  /** What a handler was given is its own. */
  private selecting(depth: number): Waitable<unknown> {
    const branches = this.parts(depth).map((part) =>
      when(part, (value) => {
        this.keep(value);
        if (this.random.below(4) === 0) throw new Error('handler');
        return this.random.below(3) === 0 ? turns(1) : null;
      }),
    );
    return select(branches, this.random.below(3) === 0 ? { otherwise: () => null } : {});
  }

  private scoped(depth: number): Waitable<unknown> {
    return scope(async (body) => {
      const children = this.parts(depth).map((part) => body.own(part));
      if (this.random.below(2) === 0) await turns(1);
      if (this.random.below(4) === 0) throw new Error('body');
      const values = children.map((child) => {
        const source = sourceOf(child);
        return ((Watch.is(source) ? source.source : source) as ReusableCompletion<unknown>).promise();
      });
      return Promise.all(values);
    });
  }

  private looping(depth: number): Waitable<unknown> {
    let left = 1 + this.random.below(3);
    return forEach(
      () => this.tree(depth + 1),
      (value) => {
        this.keep(value);
        if (this.random.below(6) === 0) throw new Error('body');
        return this.random.below(3) === 0 ? turns(1).then(() => --left > 0) : --left > 0;
      },
    );
  }

  /** Beside the others: its values come in turns of their own. */
  private iterating(depth: number): Waitable<unknown> {
    let left = 1 + this.random.below(3);
    const loop = toIterable(() => (left-- > 0 ? this.tree(depth + 1) : null));
    this.loops.push(loop);
    const run = async (): Promise<void> => {
      for await (const value of loop) {
        this.keep(value);
        if (this.random.below(4) === 0) break;
      }
    };
    run().catch(() => undefined);
    return this.leaf();
  }

  private some<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : this.random.pick(list);
  }

  private count(name: string): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
  }
}

describe('what waits for others', () => {
  const uncaught = collectUncaught();
  const count = Math.ceil(programs / 4);

  it(`keeps no permit, timer or entry in random programs, whatever is cancelled or settled by hand (E6 E7 E9, WAKECHAIN_SEED=${seed})`, async () => {
    const tally = new Map<string, number>();
    await runPrograms(count, async (random) => {
      const program = new Program(random, tally);
      for (let left = 4 + random.below(20); left > 0; left--) {
        program.step(false);
        if (random.below(4) === 0) await turns(1);
      }
      await program.finish();
      expect(uncaught.splice(0)).to.deep.equal([]);
    });
    const floors = { given: 0.5, forEach: 0.2, select: 0.2, scope: 0.2, sequence: 0.2, 'by hand': 0.5, leave: 0.2 };
    expect(rareOnes(floors, tally, count)).to.deep.equal([]);
  });
});
