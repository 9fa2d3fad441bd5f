import fc from 'fast-check';
import { HOLD, PASS, STOP, WOKEN } from '../../lib/wait/entry.js';
import type { Place } from '../../lib/wait/queue.js';

/*
 * Random programs over two wait queues, and what runs them against anything that looks like one. A program is data:
 * steps done from outside, and for every entry what it does and answers each time it is called. Running it yields a
 * trace of all calls, results and errors in order, so that two implementations agree when their traces are equal.
 */

type QueueName = 'A' | 'B';

type Action =
  | { do: 'add'; entry: number; on: QueueName; place: Place }
  | { do: 'addUnless'; entry: number; on: QueueName; place: Place; holds: boolean }
  /** Takes the entry off whichever of the queues it is on. */
  | { do: 'remove'; entry: number }
  /** Asks a queue that may not be the entry's. */
  | { do: 'removeFrom'; entry: number; on: QueueName }
  | { do: 'move'; entry: number; on: QueueName; place: Place }
  /** With `catching` false, what the wake throws is passed on by whoever called. */
  | { do: 'wake'; on: QueueName; nr: number; catching: boolean }
  | { do: 'wakeAll'; on: QueueName; catching: boolean }
  | { do: 'resume'; which: number; catching: boolean }
  /** A links to B. */
  | { do: 'link'; place: Place }
  | { do: 'unlink'; which: number };

/** What an entry does when it is called. */
interface Script {
  readonly takesHold: boolean;
  readonly actions: readonly Action[];
  readonly resumesAtOnce: boolean;
  readonly throws: boolean;
  readonly answer: number;
}

interface Program {
  readonly entries: readonly { readonly once: boolean; readonly scripts: readonly Script[] }[];
  readonly steps: readonly Action[];
}

const ENTRIES = 7;
export const FEWEST_STEPS = 30;

const entry = fc.nat(ENTRIES - 1);
const on = fc.constantFrom<QueueName>('A', 'A', 'A', 'B');
const place: fc.Arbitrary<Place> = fc.constantFrom(
  { exclusive: false, first: false },
  { exclusive: false, first: true },
  { exclusive: true, first: false },
  { exclusive: true, first: true },
);
const flag = fc.boolean();
const is = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const add = fc.record({ do: is('add'), entry, on, place });
const addUnless = fc.record({ do: is('addUnless'), entry, on, place, holds: flag });
const remove = fc.record({ do: is('remove'), entry });
const removeFrom = fc.record({ do: is('removeFrom'), entry, on });
const move = fc.record({ do: is('move'), entry, on, place });
const wake = fc.record({ do: is('wake'), on, nr: fc.constantFrom(1, 1, 0, 2, 3), catching: flag });
const wakeAll = fc.record({ do: is('wakeAll'), on, catching: flag });
const resume = fc.record({ do: is('resume'), which: fc.nat(7), catching: flag });
const link = fc.record({ do: is('link'), place });
const unlink = fc.record({ do: is('unlink'), which: fc.nat(3) });

const step = fc.oneof(
  { weight: 8, arbitrary: add },
  { weight: 6, arbitrary: wake },
  { weight: 2, arbitrary: wakeAll },
  { weight: 2, arbitrary: resume },
  { weight: 1, arbitrary: addUnless },
  { weight: 1, arbitrary: remove },
  { weight: 1, arbitrary: removeFrom },
  { weight: 1, arbitrary: link },
  { weight: 1, arbitrary: unlink },
);

const inner = fc.oneof(
  { weight: 4, arbitrary: remove },
  { weight: 4, arbitrary: move },
  { weight: 4, arbitrary: add },
  { weight: 3, arbitrary: wake },
  { weight: 1, arbitrary: wakeAll },
  { weight: 2, arbitrary: resume },
  { weight: 1, arbitrary: addUnless },
  { weight: 1, arbitrary: unlink },
);

/** A HOLD without a handle is left to the unit specs: it is a mistake, and whose is not told apart (W4). */
const script: fc.Arbitrary<Script> = fc
  .record({
    takesHold: fc.constantFrom(false, false, true),
    actions: fc.array(inner, { maxLength: 3 }),
    resumesAtOnce: fc.constantFrom(false, false, false, true),
    throws: fc.constantFrom(false, false, false, false, false, true),
    answer: fc.constantFrom(WOKEN, WOKEN, WOKEN, PASS, PASS, WOKEN | STOP, STOP),
  })
  .map((one) => (one.takesHold ? { ...one, answer: (one.answer & WOKEN) | HOLD } : one));

export const program: fc.Arbitrary<Program> = fc.record({
  entries: fc.array(fc.record({ once: flag, scripts: fc.array(script, { minLength: 1, maxLength: 3 }) }), {
    minLength: ENTRIES,
    maxLength: ENTRIES,
  }),
  steps: fc.array(step, { minLength: FEWEST_STEPS, maxLength: FEWEST_STEPS + 10 }),
});

interface Handle {
  resume(): number;
}

interface QueueLike<E> extends Iterable<E> {
  add(entry: E): void;
  addFirst(entry: E): void;
  addExclusive(entry: E): void;
  addExclusiveFirst(entry: E): void;
  addUnless(entry: E, condition: () => unknown, place: Place): boolean;
  remove(entry: E): boolean;
  wake(key: number, nr: number): number;
  wakeAll(key: number): number;
  hold(): Handle;
}

/** How to make the queues and entries that a program runs on. */
export interface Kit<Q, E> {
  queue(): Q;
  entry(wake: (key: number, queue: Q) => number, once: boolean): E;
  link(queue: Q, target: Q, place: Place): E;
}

/** Is told of everything before it happens. */
export interface Observer<Q, E> {
  did(what: string): void;
  adding(queue: Q, entry: E): void;
  removing(queue: Q, entry: E): void;
  waking(queue: Q): void;
  resuming(): void;
  throwing(): void;
  answering(queue: Q, answer: number): void;
}

/** What wake functions may do in one program, together and nested; it keeps programs that feed themselves finite. */
const MOST_ACTIONS = 100;
const DEEPEST = 4;

export function run<Q extends QueueLike<E>, E>(program: Program, kit: Kit<Q, E>, observer?: Observer<Q, E>): Run<Q, E> {
  const finished = new Run(program, kit, observer);
  finished.go();
  return finished;
}

class Run<Q extends QueueLike<E>, E> {
  readonly trace: string[] = [];
  readonly queues: Readonly<Record<QueueName, Q>>;
  private readonly entries: readonly E[];
  private readonly links: E[] = [];
  private readonly names = new Map<E, string>();
  private readonly handles: Handle[] = [];
  private readonly kit: Kit<Q, E>;
  private readonly program: Program;
  private readonly observer: Observer<Q, E> | undefined;
  private keys = 0;
  private throws = 0;
  private actionsLeft = MOST_ACTIONS;
  private depth = 0;

  constructor(program: Program, kit: Kit<Q, E>, observer?: Observer<Q, E>) {
    this.program = program;
    this.observer = observer;
    this.kit = kit;
    this.queues = { A: kit.queue(), B: kit.queue() };
    this.entries = program.entries.map(({ once, scripts }, index) => {
      let calls = 0;
      const wake = (key: number, queue: Q): number => {
        const script = scripts[calls++ % scripts.length] as Script;
        return this.called(`e${index}`, key, queue, script);
      };
      const entry = kit.entry(wake, once);
      this.names.set(entry, `e${index}`);
      return entry;
    });
  }

  go(): void {
    for (const step of this.program.steps) {
      this.caught(() => this.perform(step));
      this.trace.push(`A ${this.order('A')} B ${this.order('B')}`);
    }
    // Nothing stays held: what is left of every walk is part of the trace too. Resuming may hold again.
    for (const handle of this.handles) this.caught(() => this.resume(handle));
    this.trace.push(`A ${this.order('A')} B ${this.order('B')}`);
  }

  private order(on: QueueName): string {
    return [...this.queues[on]].map((entry) => this.names.get(entry)).join();
  }

  /** The body of every wake function. */
  private called(name: string, key: number, queue: Q, script: Script): number {
    this.trace.push(`${name} called with ${key} on ${this.nameOf(queue)}`);
    this.depth++;
    try {
      const handle = script.takesHold ? queue.hold() : null;
      if (handle !== null) this.handles.push(handle);
      for (const action of script.actions) this.perform(action);
      if (script.throws) {
        this.observer?.throwing();
        throw new Error(`thrown ${++this.throws} by ${name}`);
      }
      if (handle !== null && script.resumesAtOnce) {
        this.observer?.did('resumed before return');
        this.caught(() => this.resume(handle));
      }
      this.trace.push(`${name} answers ${script.answer}`);
      this.observer?.answering(queue, script.answer);
      return script.answer;
    } finally {
      this.depth--;
    }
  }

  private perform(action: Action): void {
    if (this.depth > 0 && --this.actionsLeft < 0) return;
    if ('catching' in action && !action.catching && this.depth > 0) this.act(action);
    else this.caught(() => this.act(action));
  }

  private caught(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof AggregateError) this.observer?.did('several errors');
      this.trace.push(`caught ${describeError(error)}`);
    }
  }

  private act(action: Action): void {
    switch (action.do) {
      case 'add':
        this.add(this.queues[action.on], this.entry(action.entry), action.place);
        return;
      case 'addUnless': {
        const { holds, place } = action;
        const entry = this.entry(action.entry);
        const queue = this.queues[action.on];
        this.observer?.did('addUnless');
        if (!holds) this.observer?.adding(queue, entry);
        this.trace.push(`addUnless: ${queue.addUnless(entry, () => holds, place)}`);
        return;
      }
      case 'remove':
        this.remove(this.entry(action.entry));
        return;
      case 'removeFrom':
        this.removeFrom(this.queues[action.on], this.entry(action.entry));
        return;
      case 'move':
        this.remove(this.entry(action.entry));
        this.add(this.queues[action.on], this.entry(action.entry), action.place);
        return;
      case 'wake':
        this.wake(action.on, action.nr);
        return;
      case 'wakeAll':
        this.wake(action.on, null);
        return;
      case 'resume': {
        const handle = this.handles[this.handles.length - 1 - action.which];
        if (handle !== undefined) this.resume(handle);
        return;
      }
      case 'link': {
        this.observer?.did('link');
        const link = this.kit.link(this.queues.A, this.queues.B, action.place);
        this.names.set(link, `link${this.links.push(link)}`);
        return;
      }
      case 'unlink': {
        const link = this.links[this.links.length - 1 - action.which];
        if (link !== undefined) this.remove(link);
      }
    }
  }

  private add(queue: Q, entry: E, { exclusive, first }: Place): void {
    const method = `add${exclusive ? 'Exclusive' : ''}${first ? 'First' : ''}` as const;
    this.observer?.did(method);
    this.observer?.adding(queue, entry);
    queue[method](entry);
  }

  private remove(entry: E): void {
    const { A, B } = this.queues;
    this.removeFrom([...B].includes(entry) ? B : A, entry);
  }

  private removeFrom(queue: Q, entry: E): void {
    this.observer?.did('remove');
    this.observer?.removing(queue, entry);
    this.trace.push(`remove: ${queue.remove(entry)}`);
  }

  private wake(on: QueueName, nr: number | null): void {
    if (this.depth >= DEEPEST) return;
    const queue = this.queues[on];
    const key = ++this.keys;
    this.observer?.did(nr === null ? 'wakeAll' : `wake ${nr}`);
    this.observer?.waking(queue);
    this.trace.push(`wake ${on} with ${key}`);
    const woken = nr === null ? queue.wakeAll(key) : queue.wake(key, nr);
    this.trace.push(`${key} woke ${woken}`);
  }

  private resume(handle: Handle): void {
    this.observer?.did('resume');
    this.observer?.resuming();
    const name = `handle ${this.handles.indexOf(handle)}`;
    this.trace.push(`resume ${name}`);
    this.trace.push(`${name} woke ${handle.resume()}`);
  }

  private entry(index: number): E {
    return this.entries[index] as E;
  }

  private nameOf(queue: Q): QueueName {
    return queue === this.queues.A ? 'A' : 'B';
  }
}

/** By code or message, never by class: the twin has none of the library's. */
function describeError(error: unknown): string {
  const { code, message, errors, woken } = error as {
    code?: string;
    message: string;
    errors?: unknown[];
    woken?: number;
  };
  if (errors !== undefined) return `[${errors.map(describeError).join('; ')}] woken ${woken}`;
  return `${code ?? message} woken ${woken}`;
}
