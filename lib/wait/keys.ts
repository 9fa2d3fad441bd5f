/**
 * The keys that the library itself wakes a completion's queue with. They are shared by every copy of the package in a
 * process, so that one copy's entries understand another copy's completions. Entries answer PASS to keys not their own.
 * They are below completions because who sleeps on one passes the second.
 */

/** The completion settles: layers are called newest first, then waiters in order (C2). */
export const SETTLE: unique symbol = Symbol.for('wakechain.settle');

/** A completion was asked to cancel: cancel actions and compounds act, nothing leaves the queue (C5). */
export const CANCEL: unique symbol = Symbol.for('wakechain.cancel');
