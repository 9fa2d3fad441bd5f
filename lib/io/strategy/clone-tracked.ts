import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { keepingEnds } from '../endings.js';
import { PULLED } from '../io-error.js';
import type { OwnIo, Strategy } from '../io.js';
import type { Slot } from '../waiting-list.js';
import { Kiobuf } from './clone.js';

/*
 * Stacked clones with tracked children: the clone design plus an index from a parent to its clones, which S. Bhattacharya
 * asked for in February 2001 so that cancelling a parent can pull its children off their queues. The index is a list
 * through the clones; a clone that waits in a queue knows its place there.
 */

class TrackedKiobuf extends Kiobuf {
  private firstClone: TrackedKiobuf | null = null;
  private nextSibling: TrackedKiobuf | null = null;
  private prevSibling: TrackedKiobuf | null = null;
  private slot: Slot | null = null;
  private pulled = false;

  override get cancelled(): boolean {
    return this.pulled;
  }

  override parked(slot: Slot): void {
    this.slot = slot;
  }

  override unparked(): void {
    this.slot = null;
  }

  override cancelAll(): void {
    this.pulled = true;
    this.cancelParts();
  }

  override cancelParts(): void {
    keepingEnds(() => {
      const asked: TrackedKiobuf[] = [this];
      for (const io of asked) {
        for (let clone = io.firstClone; clone !== null; clone = clone.nextSibling) {
          counters.visited++;
          clone.pulled = true;
          asked.push(clone);
        }
        if (io.slot !== null) io.slot.list?.withdraw(io.slot);
      }
    });
  }

  protected override clone(own: OwnIo, tag: unknown): Kiobuf {
    counters.links++;
    const clone = new TrackedKiobuf(this, own, tag, null);
    clone.pulled = this.pulled;
    clone.nextSibling = this.firstClone;
    if (this.firstClone !== null) this.firstClone.prevSibling = clone;
    this.firstClone = clone;
    return clone;
  }

  /** A submit after a cancel sends nothing: a clone knows that its parent was pulled. */
  protected override send(target: BlockDevice, clone: Kiobuf): void {
    if (this.pulled) clone.finish(0, PULLED);
    else super.send(target, clone);
  }

  protected override forget(ended: Kiobuf): void {
    const { nextSibling, prevSibling } = ended as TrackedKiobuf;
    if (prevSibling === null) this.firstClone = nextSibling;
    else prevSibling.nextSibling = nextSibling;
    if (nextSibling !== null) nextSibling.prevSibling = prevSibling;
  }
}

/** The clone design with an index from parent to clones. */
export const cloneKiobufTracked: Strategy = {
  name: 'cloneKiobufTracked',
  capabilities: {
    pull: 'through the links',
    looksAt: 'what belongs to the request',
    onTheWayDown: 'is stopped',
    container: 'a clone for each layer',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
    holds: 'at every layer',
    merged: 'each its own outcome',
  },
  root: (request) => new TrackedKiobuf(null, request.own, null, request),
};
