import { All } from '../event/all-of.js';
import { callTidy } from '../event/callbacks.js';
import { ReusableCompletion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import { takeDown, type Down } from '../event/forward.js';
import { Standing } from '../sync/standing.js';
import type { WaitQueue } from '../wait/queue.js';
import { lockOf } from './locks.js';

/** What something waits for. */
export interface Dependencies {
  readonly on: readonly object[];
  /** Whether it is stuck as soon as `one` of these is, or only when `all` are. */
  readonly stuckWith: 'one' | 'all';
  /** Something that cannot be seen may let it go on: it is not stuck. */
  readonly free: boolean;
}

const none: Dependencies = { on: [], stuckWith: 'all', free: true };

/** What stands for a queue: the lock that it belongs to, if that is known. */
export function nodeOf(queue: object): object {
  return lockOf(queue) ?? queue;
}

/** What a completion, compound or branch waits for. */
export function standsOn(completion: ReusableCompletion<unknown>): Dependencies {
  if (completion.settled) return none;
  if (completion instanceof Standing) return ofStanding(completion as Standing<unknown>);
  if (completion instanceof CompoundEvent) return ofCompound(completion as CompoundEvent<unknown>);
  return ofCompletion(completion);
}

/** What it waits for in the end, behind compounds and branches: locks, queues, and completions that stand on nothing; some of many. */
export function endsOf(completion: ReusableCompletion<unknown>, atMost: number): object[] {
  const seen = new Set<object>([completion]);
  const ends: object[] = [];
  for (const each of seen) {
    const { on } = ReusableCompletion.is(each) ? standsOn(each) : none;
    if (on.length === 0 && each !== completion) ends.push(each);
    if (ends.length === atMost) break;
    for (const next of on) seen.add(next);
  }
  return ends;
}

function ofCompound(compound: CompoundEvent<unknown>): Dependencies {
  const pending = compound.children.filter((child) => child.queue !== null).map((child) => nodeOf(child.source));
  const forwarded = ofCompletion(compound);
  return {
    on: [...pending, ...forwarded.on],
    stuckWith: compound.collation instanceof All ? 'one' : 'all',
    free: !compound.sealed || (pending.length === 0 && forwarded.free),
  };
}

/** Completed by hand, unless another is forwarded to it; an adapter of a timer or an emitter tidies up after itself. */
function ofCompletion(completion: ReusableCompletion<unknown>): Dependencies {
  const on: WaitQueue[] = [];
  let adapts = false;
  for (const entry of completion) {
    if (entry.wake === takeDown) on.push((entry.data as Down).source);
    else if (entry.wake === callTidy) adapts = true;
  }
  return { on, stuckWith: 'all', free: adapts || on.length === 0 };
}

/** For its turn where it has its place; like that of an `acquire`, its own timeout or signal is not looked at. */
function ofStanding({ standsIn }: Standing<unknown>): Dependencies {
  return standsIn === null ? none : { on: [nodeOf(standsIn)], stuckWith: 'all', free: false };
}
