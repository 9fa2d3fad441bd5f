/** What a hold is of. @internal */
export interface Held {
  /** Called once, when it is given back. */
  giveBack(amount: number): void;
}

/**
 * Something that was acquired: a lock, some permits. Give it back with `release`, or declare it with `using`.
 */
export class Hold {
  /** How much is held: permits; 1 of a lock. */
  readonly amount: number;
  private readonly of: Held;
  private held = true;

  /** @internal */
  constructor(of: Held, amount: number) {
    this.of = of;
    this.amount = amount;
  }

  /** Whether it was given back. */
  get released(): boolean {
    return !this.held;
  }

  /** Gives it back; who waits for it is served before this returns. False when it was given back before. */
  release(): boolean {
    if (!this.held) return false;
    this.held = false;
    this.of.giveBack(this.amount);
    return true;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal Whether it is a hold of that. */
  isOf(of: Held): boolean {
    return this.of === of;
  }

  /** @internal It counts as given back, without anything being given back. */
  forget(): void {
    this.held = false;
  }

  /** @internal It was taken again. */
  retake(): void {
    this.held = true;
  }
}
