/**
 * The keys that the library itself wakes a completion's queue with. They are shared by every copy of the package in a
 * process, so that one copy's entries understand another copy's completions. Entries answer PASS to keys not their own.
 */

/** The completion settles: layers are called newest first, then waiters in order (C2). */
export const SETTLE: unique symbol = Symbol.for('wakechain.settle');

export { CANCEL } from '../wait/cancel-key.js';
