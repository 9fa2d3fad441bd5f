/**
 * The public face, from primitives to conveniences: wait queues, then completions, then compounds and what adapts to
 * them, then locks and channels. The I/O engine, RxJS adapters and the comparison have their own entry points.
 */
export * from './wait/index.js';
export * from './event/index.js';
export * from './sync/index.js';
