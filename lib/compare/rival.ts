import type { BlockDevice, Capabilities, PagePool } from '../io/index.js';
import type { Blueprint } from './blueprint.js';

/**
 * A design that takes part in the comparison.
 *
 * To add one, write a file with an object of this type and hand it to `compare({ designs: […] })`. A design that is a
 * `Strategy` is made a rival by `strategyRival`, and runs wakechain's own layers. Any other brings layers of its own:
 * `build` walks the blueprint and answers a device, most easily by `edgeDevice`, which gives it the caller's completion
 * and the flattened submission that all rivals have, and hands each request over as an `EdgeCall`:
 *
 * ```ts
 * const mine: Rival = {
 *   name: 'mine',
 *   capabilities: { ends: 'inline', pulls: null, knows: 'which parts succeeded', retries: 'none' },
 *   build(blueprint) {
 *     if (blueprint.kind !== 'device') return { cannot: `has no layer '${blueprint.kind}'` };
 *     const { bottom } = blueprint;
 *     return edgeDevice('mine', sizeOf(blueprint), {
 *       begin: (call) => {
 *         bottom.transfer(call);
 *       },
 *     });
 *   },
 * };
 * ```
 *
 * It adds to `counters` (`wakechain/io`) where it makes a header, a link or a callback, so that its counts can be held
 * against the others'. What it cannot do it says; it never does something else instead.
 */
export interface Rival {
  /** One word, by which it is chosen and reported. */
  readonly name: string;
  readonly capabilities: RivalCapabilities;
  /** Puts the stack up, or says why it cannot. Called once for each point of an experiment, neither timed nor counted. */
  build(blueprint: Blueprint, kit: Kit): BlockDevice | Cannot | Promise<BlockDevice | Cannot>;
  /** Makes so many events that are waited for together. Absent: the design carries I/O, and has no events to wait for. */
  readonly poll?: (events: number) => Polling | Promise<Polling | Cannot>;
  /** Makes a line of waiters, of which a wake-up takes one. Absent: the design has none. */
  readonly line?: (order: WaiterOrder) => WaiterLine;
}

/** Events of which a few become ready at a time. Adds to `counters.links` for each registration with an event. */
export interface Polling {
  /** An event becomes ready. */
  signal(event: number): void;
  /** Waits until there is one, and collects those that are ready, each once. */
  wait(): Promise<readonly number[]>;
  /** Registrations that earlier waits have left at events. */
  readonly left: number;
}

/** Who is woken first of those that wait: who came first, or who came last. */
export type WaiterOrder = 'fifo' | 'lifo';

/** A line of waiters, of which a wake-up takes one: what `waiter-order` measures. */
export interface WaiterLine {
  /** Somebody waits. `wake` is called once, when its turn has come. */
  wait(wake: () => void): void;
  /** Wakes one. */
  wakeOne(): void;
}

/** What a design can do, in words that reports show beside its figures. */
export interface RivalCapabilities {
  /** When a request that the device answers at once has ended: before the call that made it returns, or later. */
  readonly ends: 'inline' | 'in a microtask' | 'in a task';
  /** How queued parts of a cancelled request are found; null when they are not, and run in vain. */
  readonly pulls: string | null;
  /** What the caller of a request that failed in part learns of its parts. */
  readonly knows: 'which parts succeeded' | 'how many bytes' | 'the first error';
  /** What is sent again after a failure. */
  readonly retries: 'the parts that failed' | 'the whole request' | 'none';
  /** What a cancel looks at; left out by rivals that it does not apply to, as are all below. */
  readonly looksAt?: Capabilities['looksAt'];
  /** What becomes of a part that is being handed down when a cancel comes. */
  readonly onTheWayDown?: Capabilities['onTheWayDown'];
  /** What goes down through a layer that passes a request on. */
  readonly container?: Capabilities['container'];
  /** Where an end can be held back. */
  readonly holds?: Capabilities['holds'];
  /** What several requests are told that one operation has served. */
  readonly merged?: Capabilities['merged'];
}

/** Why a design does not take part in an experiment. */
export interface Cannot {
  /** Without a full stop, to follow the design's name: `has no queue to pull from`. */
  readonly cannot: string;
}

/** What a rival may use to build. */
export interface Kit {
  /** Where layers take memory of their own from. */
  readonly pool: PagePool;
}

/** Whether a design has answered that it cannot. */
export function isCannot(built: BlockDevice | Cannot): built is Cannot {
  return 'cannot' in built;
}
