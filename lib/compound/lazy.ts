import { LAYER, UNSEEING, type WaitEntry } from '../wait/entry.js';
import { Child } from '../event/child.js';
import { Completion, type ReusableCompletion } from '../event/completion.js';
import { forward } from '../event/forward.js';
import { CANCEL_ASKED, KIND } from '../event/marks.js';

type Any = ReusableCompletion<unknown>;

/** What is being stood on: it begins once the one above it has, by a list and not a recursion, however long a chain is (W7). */
let below: Any | null = null;
const toBegin: Lazy<unknown>[] = [];

/**
 * A completion behind which nothing happens until somebody waits for it. Layers, cancel actions and a `signal` do not
 * count as waiting, nor does being the child of a compound that others have decided.
 */
export abstract class Lazy<T> extends Completion<T> {
  private begun = false;

  /** Called once, when somebody waits for it first, unless it was settled or cancelled before. */
  protected abstract begin(): void;

  /** For `begin`: forwards what this stands on. */
  protected standOn(lower: Any, target: Any): void {
    below = lower;
    try {
      forward(lower, target);
    } finally {
      below = null;
    }
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    const isBelow = below === this;
    if (isBelow) below = null;
    super.insert(entry, flags, first);
    if (this.begun || entry.queue !== this || !waits(entry)) return;
    const rest = toBegin.length;
    toBegin.push(this);
    if (isBelow) return;
    while (toBegin.length > rest) toBegin.pop()?.beginIfWanted();
  }

  private beginIfWanted(): void {
    if (this.begun || !isWanted(this)) return;
    this.begun = true;
    this.begin();
  }
}

/** Whether a completion's outcome is to be had yet, and somebody waits for it. */
export function isWanted(completion: Any): boolean {
  if ((completion.marks & (KIND | CANCEL_ASKED)) !== 0) return false;
  for (const entry of completion) if (waits(entry)) return true;
  return false;
}

/** Whether an entry on a completion is of somebody who wants the outcome, and still has use for it. */
export function waits(entry: WaitEntry): boolean {
  if ((entry.flags & (LAYER | UNSEEING)) !== 0) return false;
  if (!(entry instanceof Child)) return true;
  const { data: parent } = entry as Child;
  return !parent.decided && !parent.cancelRequested;
}
