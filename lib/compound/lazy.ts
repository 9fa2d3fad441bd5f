import { LAYER, UNSEEING, type WaitEntry } from '../wait/entry.js';
import { Child } from '../event/child.js';
import { Completion } from '../event/completion.js';
import { CANCEL_ASKED, KIND } from '../event/marks.js';

/**
 * A completion behind which nothing happens until somebody waits for it. Layers, cancel actions and a `signal` do not
 * count as waiting, nor does being the child of a compound that others have decided.
 */
export abstract class Lazy<T> extends Completion<T> {
  private begun = false;

  /** Called once, when somebody waits for it first, unless it was settled or cancelled before. */
  protected abstract begin(): void;

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    super.insert(entry, flags, first);
    if (this.begun || entry.queue !== this || !waits(entry) || (this.marks & (KIND | CANCEL_ASKED)) !== 0) return;
    this.begun = true;
    this.begin();
  }
}

/** Whether an entry on a completion is of somebody who wants the outcome, and still has use for it. */
export function waits(entry: WaitEntry): boolean {
  if ((entry.flags & (LAYER | UNSEEING)) !== 0) return false;
  if (!(entry instanceof Child)) return true;
  const { data: parent } = entry as Child;
  return !parent.decided && !parent.cancelRequested;
}
