/** The I/O engine: pages, requests, devices, layers, and the designs that carry a request through them. */
export { PAGE_SIZE, PagePool, PageVector, type PageRange } from './pages.js';
export { IoError, type ByteRange, type IoErrorCode } from './io-error.js';
export { BlockDevice, type DeviceOptions, type Geometry, type WriteOptions } from './device.js';
export { IoRequest, type RequestOptions } from './io-request.js';
export type { Capabilities, Io, Operation, RootIo, Split, Strategy } from './io.js';
export { Layer } from './layer.js';
export { RequestQueue, Slot } from './request-queue.js';
export { counters, type Counters } from './counters.js';
export { waitQueue } from './strategy/wait-queue.js';
export { cloneKiobuf } from './strategy/clone.js';
export { Pass } from '../layers/pass.js';
export { Linear, type Segment } from '../layers/linear.js';
export { Stripe, type StripeOptions } from '../layers/stripe.js';
export { Crypt, SECTOR_SIZE, type CryptOptions } from '../layers/crypt.js';
export { MemoryDevice, type MemoryOptions } from '../devices/memory.js';
export { NullDevice, type NullOptions } from '../devices/null.js';
export { FileDevice, type FileOptions } from '../devices/file.js';
