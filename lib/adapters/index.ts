export { timeout, type TimerOptions } from './timeout.js';
export { fromPromise } from './from-promise.js';
export { fromSignal } from './from-signal.js';
export { toSignal } from './to-signal.js';
export { fromEmitter } from './from-emitter.js';
