/**
 * For those who write a design of their own (docs/designs.md): what the designs of this package are made of, besides
 * what `wakechain/io` shows.
 */
export { Header, type HeaderKind } from './header.js';
export { pullWaiting } from './pull.js';
export { submit } from '../submit.js';
export { ended, keepingEnds, type Ending } from '../endings.js';
export { callDone, partEnded, SUMMED } from '../layer.js';
export { collate, succeededRanges } from '../collate.js';
export { PULLED } from '../io-error.js';
