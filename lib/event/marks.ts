/*
 * The bits that tell how far a completion, compound or child is. In a file that imports nothing, so that the bundler puts
 * numbers in their places.
 */

/** Bits of `marks`: what was claimed … */
export const DONE = 1;
export const FAILED = 2;
export const CANCELLED = 3;
export const KIND = 3;
/** … and how far it is. */
export const SETTLED = 4;
export const HELD = 8;
/** A layer is being called. */
export const CALLING = 16;
/** On the stack of walks, or waiting to be put there. */
export const WALKING = 32;
export const CANCEL_ASKED = 64;
/** A cancel action said that the operation must be left to finish. */
export const LEFT_RUNNING = 128;
/** Somebody has learnt the outcome. */
export const OBSERVED = 256;
/** `result` is the error to be shown, not the reason it is to be made from. */
export const ERROR_MADE = 512;
/** Asked to cancel, it settles once what it stands on has settled (E7). */
export const FOLLOWS = 1024;
/** Somebody cancels it when cancelled itself (E3): the `data` of an entry here, while that waits. */
export const OWNED = 2048;
/** CALLING, WALKING, OWNED and the bits above, a compound's own: what a new life keeps. */
export const LASTING = -2000;

/** Bits of a compound's marks, above those of any completion: no more children … */
export const SEALED = 4096;
/** … the outcome is decided, and so, from this bit up … */
export const DECIDED = 24576;
export const DECIDED_AS = 13;
/** … what becomes of losers; neither of them: cancel … */
export const JOINS = 32768;
export const LEAVES = 65536;
/** … a cancel waits for nobody … */
export const WAITS_NOT = 131072;
/** … and a child was let go, and will not arrive. */
export const LET_GO = 262144;
/** What it brings was taken from others, and is given back when nobody has use for it (E9): of any completion. */
export const TAKES = 524288;

/** Bits of a child's flags, above those of any entry: it has arrived, and `stamp` is its place in the order … */
export const ARRIVED = 64;
/** … it was pending when others decided … */
export const LOST = 128;
/** … it is waited for … */
export const PENDING = 256;
/** … and, from this bit up, how it ended. */
export const OUTCOME = 9;

/** Of the outcome: cancelled, and `result` is the reason. An error is dear, and of most children nobody looks at it. */
export const REASON = 7;
