import { AbortError, StateError } from '../../lib/wait/errors.js';

/**
 * The clear version of lib/event/completion.ts and what it stands on: two arrays, recursion, a copy of a list wherever
 * one is walked. It is the oracle of completion-twin.spec.ts and is never optimised.
 */

type Status = 'done' | 'failed' | 'cancelled';

interface Entry {
  readonly kind: 'layer' | 'action' | 'waiter';
  readonly call: (argument: never) => unknown;
}

/** What is common to the completions of one program: the claims that wait for the running callback to return. */
export class NaiveWorld {
  due: NaiveCompletion[] = [];
  busy = false;
  readonly uncaught: (error: unknown) => void;

  constructor(uncaught: (error: unknown) => void) {
    this.uncaught = uncaught;
  }

  /** Runs a callback, and once it has returned what it claimed, depth first and in order (C6). */
  call(callback: () => void): void {
    const wasBusy = this.busy;
    this.busy = true;
    callback();
    const due = this.due;
    this.due = [];
    for (const completion of due) completion.walk();
    this.busy = wasBusy;
  }

  /** From outside this is a call like any other; from inside a callback its claims wait for that to return. */
  enter(body: () => void): void {
    if (this.busy) body();
    else this.call(body);
  }
}

export class NaiveCompletion {
  status: Status | null = null;
  result: unknown = undefined;
  settled = false;
  epoch = 0;
  cancelAsked = false;
  leftRunning = false;
  /** Layers and cancel actions, the newest first. */
  front: Entry[] = [];
  waiters: Entry[] = [];
  called: Entry | null = null;
  walking = false;
  outcome: NaiveOutcome | null = null;
  shown: unknown = null;
  readonly world: NaiveWorld;

  constructor(world: NaiveWorld) {
    this.world = world;
  }

  get state(): string {
    return this.status === null ? 'pending' : this.settled ? this.status : 'completing';
  }

  get held(): boolean {
    return this.outcome !== null && this.outcome.resume !== null;
  }

  get error(): unknown {
    return !this.settled || this.status === 'done' ? undefined : this.shownError();
  }

  complete(value: unknown, epoch: number = this.epoch): boolean {
    return epoch === this.epoch && this.claim('done', value);
  }

  fail(error: unknown, epoch: number = this.epoch): boolean {
    return epoch === this.epoch && this.claim('failed', error);
  }

  cancel(reason: unknown): 'cancelled' | 'requested' | 'too-late' {
    if (this.status !== null) {
      if (this.settled || !this.held) return 'too-late';
      this.cancelAsked = true;
      const ask = this.outcome?.askHolder;
      if (this.outcome !== null) this.outcome.askHolder = null;
      this.guarded(() => ask?.(reason));
      return 'requested';
    }
    if (this.cancelAsked) return 'requested';
    let answer: Status | null = null;
    this.world.enter(() => {
      this.cancelAsked = true;
      const errors: unknown[] = [];
      for (const entry of [...this.front]) {
        if (entry.kind !== 'action' || this.status !== null || !this.front.includes(entry)) continue;
        try {
          if (entry.call(reason as never) === false) this.leftRunning = true;
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) this.world.uncaught(errors.length === 1 ? errors[0] : new AggregateError(errors));
      if (!this.leftRunning) this.claim('cancelled', reason);
      answer = this.status;
    });
    return answer === 'cancelled' ? 'cancelled' : answer === null ? 'requested' : 'too-late';
  }

  intercept(call: (outcome: NaiveOutcome) => unknown): Entry {
    return this.addFirst({ kind: 'layer', call });
  }

  onCancel(call: (reason: unknown) => unknown): Entry {
    return this.addFirst({ kind: 'action', call });
  }

  notify(call: (completion: NaiveCompletion) => unknown): Entry {
    const entry: Entry = { kind: 'waiter', call };
    if (this.settled) this.guarded(() => entry.call(this as never));
    else this.waiters.push(entry);
    return entry;
  }

  remove(entry: Entry): boolean {
    const is = this.front.includes(entry) || this.waiters.includes(entry);
    this.front = this.front.filter((each) => each !== entry);
    this.waiters = this.waiters.filter((each) => each !== entry);
    return is;
  }

  reset(): number {
    const busy = this.walking || (this.status === null ? this.cancelAsked : !this.settled);
    if (busy || this.front.length + this.waiters.length > 0) throw new StateError('ERR_BUSY', '');
    return this.startLife();
  }

  startLife(): number {
    this.status = null;
    this.settled = this.cancelAsked = this.leftRunning = false;
    this.outcome = null;
    return ++this.epoch;
  }

  replace(status: Status, result: unknown): void {
    this.status = status;
    this.result = result;
    this.shown = null;
  }

  shownError(): unknown {
    if (this.status !== 'cancelled') return this.result;
    return (this.shown ??= new AbortError(undefined, { cause: this.result }));
  }

  /** Walks once nobody is being called; with nobody to call there is nothing to put off. */
  settle(): void {
    if (this.walking) return;
    if (this.front.length + this.waiters.length === 0) this.settled = true;
    else {
      this.walking = true;
      this.world.due.push(this);
      if (!this.world.busy) this.world.call(() => undefined);
    }
  }

  walk(): void {
    while (!this.settled) {
      const layer = this.front.shift();
      if (layer === undefined) {
        this.settled = true;
        break;
      }
      if (layer.kind !== 'layer') continue;
      let stopped = false;
      this.world.call(() => {
        this.callLayer(layer);
        stopped = this.held || this.status === null;
        if (stopped) this.walking = false;
      });
      if (stopped) return;
    }
    for (let waiter = this.waiters.shift(); waiter !== undefined; waiter = this.waiters.shift()) {
      const { call } = waiter;
      let last = false;
      this.world.call(() => {
        this.guarded(() => call(this as never));
        // The last has been called: what it claimed is none of this one's business.
        last = this.waiters.length === 0;
        this.walking = !last;
      });
      // What it claimed may have begun another life, whose waiters are not for this walk.
      if (last) return;
    }
    this.walking = false;
  }

  private callLayer(layer: Entry): void {
    this.called = layer;
    try {
      layer.call((this.outcome ??= new NaiveOutcome(this)) as never);
    } catch (error) {
      if (this.outcome !== null) this.outcome.release();
      this.remove(layer);
      const isShown = (this.status === 'failed' || this.status === 'cancelled') && error === this.shownError();
      if (!isShown) this.replace('failed', error);
    }
    this.called = null;
  }

  private claim(status: Status, result: unknown): boolean {
    if (this.status !== null) return false;
    this.replace(status, result);
    this.settle();
    return true;
  }

  private addFirst(entry: Entry): Entry {
    if (this.settled) throw new StateError('ERR_SETTLED', '');
    this.front.unshift(entry);
    return entry;
  }

  private guarded(callback: () => unknown): void {
    try {
      callback();
    } catch (error) {
      this.world.uncaught(error);
    }
  }
}

class NaiveOutcome {
  resume: (() => boolean) | null = null;
  askHolder: ((reason: unknown) => void) | null = null;
  holder: Entry | null = null;
  readonly completion: NaiveCompletion;

  constructor(completion: NaiveCompletion) {
    this.completion = completion;
  }

  get status(): Status {
    return this.checked().status as Status;
  }

  get value(): unknown {
    const completion = this.checked();
    if (completion.status !== 'done') throw completion.shownError();
    return completion.result;
  }

  get error(): unknown {
    const completion = this.checked();
    return completion.status === 'done' ? undefined : completion.shownError();
  }

  succeed(value: unknown): void {
    this.checked().replace('done', value);
  }

  fail(error: unknown): void {
    this.checked().replace('failed', error);
  }

  hold(_until: null, onCancel: (reason: unknown) => void): () => boolean {
    const completion = this.checked();
    if (completion.called === null || this.resume !== null) throw new StateError('ERR_OUTCOME', '');
    this.holder = completion.called;
    completion.front.unshift(this.holder);
    this.askHolder = onCancel;
    const resume = (): boolean => {
      if (this.resume !== resume || completion.outcome !== this || completion.settled) return false;
      this.release();
      if (completion.called === null) completion.settle();
      return true;
    };
    return (this.resume = resume);
  }

  rearm(): number {
    const completion = this.checked();
    const layer = this.holder ?? completion.called;
    if (layer === null || completion.cancelAsked || completion.status === 'cancelled') {
      throw new StateError('ERR_REARM', '');
    }
    if (!completion.front.includes(layer)) completion.front.unshift(layer);
    return completion.startLife();
  }

  release(): void {
    if (this.holder !== null) this.completion.remove(this.holder);
    this.resume = this.askHolder = this.holder = null;
  }

  private checked(): NaiveCompletion {
    const { completion } = this;
    if (completion.outcome !== this || completion.settled) throw new StateError('ERR_OUTCOME', '');
    return completion;
  }
}
