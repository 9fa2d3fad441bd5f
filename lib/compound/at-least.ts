import { ArgumentRangeError } from '../wait/errors.js';
import type { Collation, CompoundOptions } from '../event/collation.js';
import { CompoundEvent } from '../event/compound.js';
import { ChildrenFailedError } from '../event/errors.js';
import type { ValueOf, Waitable } from '../event/waitable.js';

class AtLeast implements Collation<unknown[], unknown> {
  private readonly needed: number;
  private readonly total: number;

  constructor(needed: number, total: number) {
    this.needed = needed;
    this.total = total;
  }

  arrive(parent: CompoundEvent<unknown[]>): void {
    if (parent.succeeded >= this.needed) this.conclude(parent);
    else if (this.total - (parent.settledChildren - parent.succeeded) < this.needed) this.conclude(parent);
  }

  conclude(parent: CompoundEvent<unknown[]>): void {
    // Not `state`: a child that has settled may not have arrived yet.
    const settled = parent.children.filter((child) => child.arrival >= 0);
    const done = settled.filter((child) => child.state === 'done');
    if (done.length >= this.needed) {
      parent.decide(done.map((child) => child.value));
      return;
    }
    const errors = settled.filter((child) => child.state !== 'done').map((child) => child.error);
    parent.decideFailure(
      new ChildrenFailedError(
        errors,
        `${String(this.needed)} of ${String(this.total)} children were to succeed, ${String(errors.length)} failed`,
      ),
    );
  }
}

/**
 * Succeeds once `needed` children have, with their values in the children's order; fails with a ChildrenFailedError as
 * soon as too many have failed.
 * @throws ArgumentRangeError `ERR_NEEDED` unless `needed` is a whole number from 0 to the number of children; else as
 *   `CompoundEvent.own`
 */
export function atLeast<const W extends readonly Waitable<unknown>[]>(
  needed: number,
  children: W,
  options?: CompoundOptions,
): CompoundEvent<ValueOf<W[number]>[]> {
  if (!Number.isInteger(needed) || needed < 0 || needed > children.length) {
    throw new ArgumentRangeError(
      'ERR_NEEDED',
      `needed must be a whole number from 0 to ${String(children.length)}, got ${String(needed)}`,
    );
  }
  const collation = new AtLeast(needed, children.length) as unknown as Collation<ValueOf<W[number]>[], unknown>;
  const parent = new CompoundEvent(collation, options).ownAll(children);
  if (needed === 0) parent.decide([]);
  return parent;
}
