export { finished, type StreamLike } from './finished.js';
export { drained, type WritableLike } from './drained.js';
export { exited, type ChildLike, type Exit } from './exited.js';
export { readable } from './readable.js';
export { reading, type ReadableLike, type ReadingOptions } from './reading.js';
export { written, type WrittenLike } from './written.js';
