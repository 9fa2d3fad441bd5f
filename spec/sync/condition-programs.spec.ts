import { expect } from 'chai';
import { Condition } from '../../lib/sync/condition.js';
import type { Hold } from '../../lib/sync/hold.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { programs, Random, runPrograms, seed } from '../conformance/random.js';
import { abortable, settled } from './kit.js';

interface Task {
  readonly abort: () => void;
  aborted: boolean;
  hold: Hold | null;
}

/** A mutex and its condition as three plain lists: who holds, who is in line for it, and who waits to be notified. */
class Program {
  private readonly mutex = new Mutex();
  private readonly condition = new Condition(this.mutex);
  private readonly random: Random;
  private readonly tasks: Task[] = [];
  private readonly trace: string[] = [];
  private readonly expected: string[] = [];
  private holder: number | null = null;
  private line: number[] = [];
  private waiting: number[] = [];
  /** Gave up in this turn, and get in line at its end. */
  private leaving: number[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  async run(): Promise<void> {
    for (let steps = 30; steps > 0; steps--) {
      this.random.pick([() => this.enter(), () => this.wait(), () => this.wait(), () => this.exit(), () => this.notify(), () => this.leave()])(); // prettier-ignore
      expect(this.condition.waiting).to.equal(this.waiting.length);
      if (this.random.below(2) === 0) await this.turn();
    }
    await this.turn();
    this.condition.notifyAll();
    this.notified(this.waiting.length);
    for (let left = this.tasks.length; left >= 0; left--) {
      await this.turn();
      this.exit();
    }
    await this.turn();
    expect([this.mutex.locked, this.mutex.waiting, this.condition.waiting]).to.deep.equal([false, 0, 0]);
  }

  private async turn(): Promise<void> {
    await settled();
    for (const task of this.leaving.splice(0)) this.getInLine(task, 'gave up');
    expect(this.trace).to.deep.equal(this.expected);
    expect(this.mutex.waiting).to.equal(this.line.length);
  }

  private enter(): void {
    const { abort, signal } = abortable();
    const id = this.tasks.push({ abort, aborted: false, hold: null }) - 1;
    const task = this.tasks[id] as Task;
    void this.mutex.acquire().then((hold) => {
      task.hold = hold;
      this.trace.push(`${id} goes on`);
    });
    Object.assign(task, { signal });
    this.getInLine(id, 'goes on');
  }

  /** Only who has seen that it holds can wait, or go. */
  private present(): [id: number, task: Task, hold: Hold] | null {
    const id = this.holder;
    const task = id === null ? undefined : this.tasks[id];
    return id === null || task === undefined || task.hold === null ? null : [id, task, task.hold];
  }

  private wait(): void {
    const present = this.present();
    if (present === null) return;
    const [id, task, hold] = present;
    task.hold = null;
    const ended = (how: string) => (): void => {
      expect(hold.released).to.equal(false);
      task.hold = hold;
      this.trace.push(`${id} ${how}`);
    };
    const { signal } = task as unknown as { signal: AbortSignal };
    this.condition.wait(hold, { signal }).then(ended('goes on'), ended('gave up'));
    if (task.aborted) this.leaving.push(id);
    else this.waiting.push(id);
    this.passOn();
  }

  private exit(): void {
    const present = this.present();
    if (present === null) return;
    present[1].hold = null;
    present[2].release();
    this.passOn();
  }

  private notify(): void {
    const nr = this.random.below(4);
    const woken = nr === 3 ? this.condition.notifyAll() : this.condition.notify(nr);
    expect(woken).to.equal(this.notified(nr === 3 ? this.waiting.length : nr));
  }

  private notified(nr: number): number {
    const woken = this.waiting.splice(0, nr);
    for (const id of woken) this.getInLine(id, 'goes on');
    return woken.length;
  }

  private leave(): void {
    if (this.tasks.length === 0) return;
    const id = this.random.below(this.tasks.length);
    const task = this.tasks[id] as Task;
    task.abort();
    task.aborted = true;
    const place = this.waiting.indexOf(id);
    if (place >= 0) this.leaving.push(...this.waiting.splice(place, 1));
  }

  private readonly ends = new Map<number, string>();

  private getInLine(id: number, end: string): void {
    this.ends.set(id, end);
    this.line.push(id);
    if (this.holder === null) this.passOn();
  }

  private passOn(): void {
    this.holder = this.line.shift() ?? null;
    if (this.holder !== null) this.expected.push(`${this.holder} ${this.ends.get(this.holder) ?? ''}`);
  }
}

describe('Condition in programs', () => {
  it(`is three plain lists, whoever waits, is notified or gives up (W6, WAKECHAIN_SEED=${seed})`, () =>
    runPrograms(Math.ceil(programs / 10), (random) => new Program(random).run()));
});
