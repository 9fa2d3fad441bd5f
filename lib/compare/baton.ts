/**
 * What designs hand to each other so that one measures at a time. An experiment's `at` begins with the baton and keeps it
 * until it passes it on: each design has a thread of its own, and while one runs the others sleep.
 */
export interface Baton {
  /**
   * Before each round but the first: lets all others have their turn, and resolves when it has come round. Answers whether
   * the time for this point is up, the same to all in a round.
   * @throws the signal's reason when the run is ended
   */
  pass(): Promise<boolean>;
  /** The same, and tells the least of what all named in this turn: each design does the work equally often. */
  least(value: number): Promise<number>;
}

/** Of designs that share a thread: there is nobody to pass it to. */
export function soleBaton(late: () => boolean = () => false): Baton {
  return {
    pass: () => Promise.resolve(late()),
    least: (value) => Promise.resolve(value),
  };
}
