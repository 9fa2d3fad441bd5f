export { fromObservable } from './from-observable.js';
export { toObservable } from './to-observable.js';
