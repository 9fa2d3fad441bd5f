import { callLayer, callWaiter, settlePromise } from '../event/callbacks.js';
import { Child } from '../event/child.js';
import { takeUp } from '../event/forward.js';
import { ReusableCompletion } from '../event/completion.js';
import { hubs } from '../event/promise-hub.js';
import { hubOfSignal } from '../event/signal-hub.js';
import { SemaphoreGroup } from '../sync/acquire-all.js';
import { LINK, ONCE, type WaitEntry } from '../wait/entry.js';
import { WaitQueue } from '../wait/queue.js';
import { dependenciesOf, waitsOfTasks } from './dependencies.js';
import { nameOf, stateOf } from './description.js';
import { branchAt, groupAt } from './places.js';
import { holdersOf } from './holders.js';
import { noteLock, queuesOf } from './locks.js';
import { recordOf } from './recording.js';
import { nodeOf } from './stands-on.js';
import { Task } from './task.js';

/** How much of the tree {@link explain} prints. */
export interface ExplainOptions {
  /** How far to go from `x`, in both directions; Infinity for all of it. Default 8. */
  depth?: number;
  /** How many to show of those in one place; the others are counted. Default 10. */
  breadth?: number;
}

/**
 * The tree of what something waits for, and of who waits for it, as text, a line each. Takes completions, compounds,
 * branches, queues, promises, AbortSignals, locks and channels. While waits are recorded (`recordWaits`) it also says since when,
 * where and in which task each began, and who holds a lock. Only looks.
 */
export function explain(x: object, options: ExplainOptions = {}): string {
  const { depth = 8, breadth = 10 } = options;
  noteLock(x);
  const tree = new Tree(depth, breadth);
  tree.showAll(standingFor(x));
  return tree.lines.join('\n');
}

/** What a promise's or signal's waiters stand on here, if anybody ever did. */
function standingFor(x: object): object {
  if (WaitQueue.is(x)) return nodeOf(x);
  if (typeof AbortSignal === 'function' && x instanceof AbortSignal) return hubOfSignal(x);
  return hubs.get(x) ?? x;
}

/** Lines are moved in by no more levels, so that a long chain is not mostly blanks; deeper ones have their level in front. */
const INDENTED = 32;

class Tree {
  readonly lines: string[] = [];
  /** What was shown with what it waits for, and with who waits for it. */
  private readonly shown = { down: new Set<object>(), up: new Set<object>() };
  /** What is still to be shown, the next last: a list, not a recursion, however long a chain is. */
  private readonly rest: (() => void)[] = [];
  private readonly waits = waitsOfTasks();
  private readonly depth: number;
  private readonly breadth: number;

  constructor(depth: number, breadth: number) {
    this.depth = depth;
    this.breadth = breadth;
  }

  showAll(root: object): void {
    this.show('', root, 0, 'both');
    for (let next = this.rest.pop(); next !== undefined; next = this.rest.pop()) next();
  }

  private show(relation: string, node: object, level: number, direction: 'both' | 'down' | 'up'): void {
    const again = this.shown[direction === 'up' ? 'up' : 'down'].has(node);
    this.line(level, `${relation}${nameOf(node)}${headOf(node)}${again ? ' (see above)' : ''}`);
    if (again) return;
    if (direction !== 'up') this.shown.down.add(node);
    if (direction !== 'down') this.shown.up.add(node);
    let parts: (() => void)[] = [];
    if (direction !== 'up') parts = this.dependencies(node, level + 1);
    if (direction !== 'down') parts = parts.concat(this.waiters(node, level + 1));
    for (const part of parts.reverse()) this.rest.push(part);
  }

  private dependencies(node: object, level: number): (() => void)[] {
    for (const { lost } of holdersOf(node)) {
      if (lost) this.line(level, 'is held by nobody: the hold was lost, and never given back');
    }
    const { on } = dependenciesOf(node, this.waits);
    return this.some(on, level, (each) => {
      const isHeld = each instanceof Task && !(node instanceof Task);
      this.show(isHeld ? 'is held by ' : 'waits for ', each, level, 'down');
    });
  }

  private waiters(node: object, level: number): (() => void)[] {
    return this.some(waitersOf(node), level, (entry) => {
      const target = targetOf(entry, node);
      if (target === null) this.line(level, `is waited for by ${kindOf(entry)}`);
      else this.show('is waited for by ', nodeOf(target), level, 'up');
    });
  }

  /** The first few, as far down as is asked for. */
  private some<T>(all: readonly T[], level: number, show: (each: T) => void): (() => void)[] {
    const few = all.slice(0, level > this.depth ? 0 : this.breadth);
    const parts = few.map((each) => (): void => {
      show(each);
    });
    const others = all.length - few.length;
    if (others > 0) {
      parts.push(() => {
        this.line(level, `… and ${String(others)} more`);
      });
    }
    return parts;
  }

  private line(level: number, text: string): void {
    const deep = level > INDENTED ? `${String(level)}: ` : '';
    this.lines.push(`${'  '.repeat(Math.min(level, INDENTED))}${deep}${text}`);
  }
}

/** How it stands, behind its name. */
function headOf(node: object): string {
  if (!ReusableCompletion.is(node)) return '';
  const layers = [...node].filter(({ wake }) => wake === callLayer).length;
  return `: ${stateOf(node)}${layers > 0 ? `, ${String(layers)} ${layers === 1 ? 'layer' : 'layers'}` : ''}`;
}

/** Who waits for a node: layers, cancel actions and what tidies up do not. */
function waitersOf(node: object): WaitEntry[] {
  if (node instanceof SemaphoreGroup) return [...node.first.takers].filter((entry) => groupAt(entry) === node);
  const queues = WaitQueue.is(node) ? [node] : queuesOf(node);
  return queues.flatMap((queue) => [...queue].filter((entry) => targetOf(entry, node) !== null || kindOf(entry) !== null)); // prettier-ignore
}

/** What an entry on a node passes on to: a completion or queue, or what it has its place for. */
function targetOf(entry: WaitEntry, node: object): object | null {
  const group = groupAt(entry);
  if (group !== null && group !== node) return group;
  const branch = branchAt(entry);
  if (branch !== null) return branch;
  if (entry instanceof Child || entry.wake === takeUp || (entry.flags & LINK) !== 0) return entry.data as WaitQueue;
  return null;
}

function kindOf(entry: WaitEntry): string | null {
  const where = recordOf(entry)?.where ?? '';
  if (entry.wake === settlePromise) return `a promise${where}`;
  if (entry.wake === callWaiter) return `a callback${named(entry.data)}${where}`;
  if ((entry.flags & ONCE) !== 0) return `a sleeper${where}`;
  return ReusableCompletion.is(entry.queue) ? null : `an entry${named(entry.wake)}`;
}

function named(callback: unknown): string {
  return typeof callback === 'function' && callback.name !== '' ? ` ${callback.name}` : '';
}
