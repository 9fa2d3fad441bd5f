export { finished, type StreamLike } from './finished.js';
export { drained, type WritableLike } from './drained.js';
export { exited, type ChildLike, type Exit } from './exited.js';
