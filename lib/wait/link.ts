import { EXCLUSIVE, LINK, WaitEntry } from './entry.js';
import { ArgumentError } from './errors.js';
import { WaitQueue, type Place } from './queue.js';
import { close, counted, countHeld, note, open, type Linking, type Walk } from './walk.js';

/**
 * From now on a walk of `queue` walks `target` in the returned entry's place, with the same key and what is left of `nr`,
 * and counts whom it woke there; STOP and HOLD in `target` stop and hold the walk of `queue` too (W7). A million queues
 * linked in a row are woken without recursion. Undone by `queue.remove(entry)`.
 * @throws ArgumentError `ERR_TARGET`; from `wake`, `ERR_LINK_CYCLE`, when links lead back to where they came from
 */
export function link(queue: WaitQueue, target: WaitQueue, place?: Place): WaitEntry<WaitQueue> {
  if (!WaitQueue.is(target)) throw new ArgumentError('ERR_TARGET', `link() takes a WaitQueue, got ${String(target)}`);
  const entry = new Link(wakeTarget, { data: target });
  entry.flags |= LINK;
  queue.insert(entry, place?.exclusive === true ? EXCLUSIVE : 0, place?.first === true);
  return entry;
}

/** What a link answers when somebody calls its function directly: a walk never does, it walks the target itself. */
function wakeTarget(entry: WaitEntry<WaitQueue>, key: unknown): number {
  return entry.data.wake(key) > 0 ? 1 : 0;
}

/**
 * A cycle of linked queues is noticed without a field on any of them: a mark is left on the path at levels 8, 16, 32 …,
 * and a path that never ends must meet its mark again (R. Brent, "An improved Monte Carlo factorization algorithm",
 * 1980). A frame has the mark of the one below it, and so the mark goes when the path leaves it: a queue may be reached
 * in many ways, if not from itself.
 */
const FIRST_MARK = 8;

class Link extends WaitEntry<WaitQueue> implements Linking {
  enter(walk: Walk): Walk {
    const target = this.data;
    if (target === walk.mark) abandon(walk);
    const child = open(target, walk.key, walk.left);
    const level = (child.level = walk.level + 1);
    child.parent = walk;
    // A root that was held has left it set.
    child.reported = false;
    child.mark = level >= FIRST_MARK && (level & (level - 1)) === 0 ? target : walk.mark;
    return child;
  }

  /** The link answers what its queue's entries answered, and what was left of `nr` is what they left (W7). */
  leave(child: Walk, parent: Walk): Walk {
    if (child.errors !== null) for (const error of child.errors) note(parent, error);
    const onlyShared = child.left === parent.left;
    parent.link = null;
    parent.left = child.left;
    if (child.woken > 0 || child.reported) {
      parent.woken += child.woken;
      if (onlyShared && (this.flags & EXCLUSIVE) !== 0) parent.left--;
    }
    parent.stopped = child.stopped;
    if (child.stopped) parent.cursor = null;
    forget(child);
    return parent;
  }
}

function forget(child: Walk): void {
  close(child);
  child.parent = child.mark = null;
  child.level = 0;
}

/** Ends every frame of a walk that led back to a queue it came from. */
function abandon(walk: Walk): never {
  const errors: unknown[] = [];
  const woken = countHeld(walk);
  for (let frame: Walk | null = walk; frame !== null;) {
    const parent: Walk | null = frame.parent;
    if (frame.errors !== null) errors.unshift(...frame.errors);
    forget(frame);
    frame = parent;
  }
  errors.push(new ArgumentError('ERR_LINK_CYCLE', 'The linked queues form a cycle: a walk came back to where it was'));
  throw counted(errors, woken);
}
