import { setImmediate as nextTask } from 'node:timers/promises';

/** Turns that a design may take to get on before it counts as waiting for something else. */
const MOST_TURNS = 200;

/**
 * Lets a design that works in later turns get on until it is through: microtasks first, so that one that needs no more
 * is not charged a task. Answers whether it is; false when it waits for something that turns do not bring.
 */
export async function passTurns(through: () => boolean): Promise<boolean> {
  for (let i = 0; i < MOST_TURNS && !through(); i++) await Promise.resolve();
  for (let i = 0; i < 10 && !through(); i++) await nextTask();
  return through();
}
