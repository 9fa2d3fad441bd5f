import { setImmediate as nextTask } from 'node:timers/promises';
import type { BlockDevice } from '../io/index.js';
import type { HeldBottom } from './bottom.js';

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

/** Turns without an answer to give, after which what is left waits for something else. */
const IDLE_TURNS = 100;

/**
 * Answers whatever the bottoms hold until nothing is in flight.
 * @throws Error when requests are left that wait for something else
 */
export async function letOut(device: BlockDevice, bottoms: readonly HeldBottom[]): Promise<void> {
  for (let idle = 0; device.started > device.ended;) {
    const answered = bottoms.reduce((sum, bottom) => sum + bottom.answer(), 0);
    idle = answered > 0 ? 0 : idle + 1;
    if (idle > IDLE_TURNS) throw new Error(`${device.strategy.name} has left requests behind`);
    if (idle > IDLE_TURNS / 4) await nextTask();
    else await Promise.resolve();
  }
}
