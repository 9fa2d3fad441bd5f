/** A one-shot source for one waiter: a slot for it, and its place there. */
export class Slot {
  waiter: SlotWaiter | null = null;
  index = 0;

  complete(value: number): void {
    const waiter = this.waiter;
    if (waiter === null) return;
    this.waiter = null;
    waiter.arrive(this.index, value);
  }
}

export interface SlotWaiter {
  arrive(index: number, value: number): void;
}
