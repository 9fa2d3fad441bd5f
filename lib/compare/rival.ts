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
