export { HOLD, PASS, STOP, WaitEntry, WOKEN, type WakeFunction } from './entry.js';
export { WaitQueue, type Place } from './queue.js';
export { waitUntil, type Truthy } from './wait-until.js';
export type { SleepOptions } from './sleep.js';
export type { HeldWalk } from './held-walk.js';
export { AbortError, ArgumentError, ArgumentRangeError, StateError, TimeoutError, WakeError } from './errors.js';
