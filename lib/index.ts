/**
 * The public face, from primitives to conveniences: wait queues, then completions and compounds, then more compounds and
 * what adapts to all of them, then locks and channels. The I/O engine, RxJS adapters and the comparison have their own
 * entry points.
 */
export * from './wait/index.js';
export * from './event/index.js';
export * from './compound/index.js';
export * from './adapters/index.js';
export * from './sync/index.js';
