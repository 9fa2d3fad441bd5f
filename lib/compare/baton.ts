/**
 * What designs hand to each other so that one measures at a time. An experiment's `at` begins with the baton and keeps it
 * until it passes it on: each design has a thread of its own, and while one runs the others sleep.
 */
export interface Baton {
  /**
   * Before each round: lets all others have their turn, and resolves when it has come round. Answers whether the time for
   * this point is up, the same to all in a round.
   * @throws the signal's reason when the run is ended
   */
  pass(): Promise<boolean>;
}

/** Of designs that share a thread: there is nobody to pass it to. */
export function soleBaton(late: () => boolean = () => false): Baton {
  return { pass: () => Promise.resolve(late()) };
}
