/**
 * A completion was asked to cancel: cancel actions and compounds act, nothing leaves the queue (C5). One of the keys of
 * `event/keys.ts`; it is here because who sleeps on a completion passes it.
 */
export const CANCEL: unique symbol = Symbol.for('wakechain.cancel');
