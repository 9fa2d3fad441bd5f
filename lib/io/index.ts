/** The I/O engine: pages, requests, devices, layers, and the designs that carry a request through them. */
export { PAGE_SIZE, PagePool, PageVector, type PageRange } from './pages.js';
export { joinPages } from './join-pages.js';
export { IoError, type ByteRange, type IoErrorCode } from './io-error.js';
export { complementOf, tailAfter } from './ranges.js';
export { BlockDevice, type DeviceOptions, type Geometry, type WriteOptions } from './device.js';
export {
  blockExtents,
  cutExtents,
  ExtentCursor,
  ExtentList,
  jointExtents,
  MAX_EXTENTS,
  unknownExtent,
  type ExtentState,
} from './extents.js';
export { IoRequest, type RequestOptions } from './io-request.js';
export type { Capabilities, Io, Operation, OwnIo, RootIo, Split, Strategy, Transfer } from './io.js';
export { Layer } from './layer.js';
export { IoClass, type IoClassOptions } from './io-class.js';
export { RequestQueue, type RequestQueueOptions } from './request-queue.js';
export { Plug } from './plug.js';
export { Slot, WaitingList } from './waiting-list.js';
export { counters, type Counters } from './counters.js';
export { waitQueue } from './strategy/wait-queue.js';
export { compoundEvent } from './strategy/compound-event.js';
export { cloneKiobuf } from './strategy/clone.js';
export { cloneKiobufTracked } from './strategy/clone-tracked.js';
export { Pass } from '../layers/pass.js';
export { OptionError } from './option-error.js';
export { MemberError } from '../layers/members.js';
export { Linear, type Segment } from '../layers/linear.js';
export { Stripe, type StripeOptions } from '../layers/stripe.js';
export type { MemberSetOptions } from '../layers/member-set.js';
export { Mirror, type MirrorOptions, type ReadPolicy } from '../layers/mirror.js';
export type { CreateOptions as MirrorCreateOptions } from '../layers/mirror-open.js';
export type { RebuildOptions } from '../layers/rebuild-options.js';
export type { Member as MirrorMember } from '../layers/member-records.js';
export { readSuperblock, type MemberState, type Superblock } from '../layers/superblock.js';
export {
  Parity,
  type ParityCreateOptions,
  type ParityOpenOptions,
  type ParityMember,
  type ParityOptions,
} from '../layers/parity.js';
export type { ParityLayout } from '../layers/parity-assembly.js';
export type { ParityDoubt } from '../layers/parity-doubts.js';
export { Crypt, type CryptOptions } from '../layers/crypt.js';
export { SECTOR_SIZE } from '../layers/xts-masks.js';
export { MemoryDevice, type MemoryOptions } from '../devices/memory.js';
export { NullDevice, type NullOptions } from '../devices/null.js';
export { FileDevice, type FileOptions } from '../devices/file.js';
export { Cache, type CacheOptions } from '../layers/cache.js';
export { ReadAhead, type ReadAheadOptions } from '../layers/read-ahead.js';
export { Fault, type FaultKind, type FaultOptions, type FaultRule } from '../layers/fault.js';
export { Delay, type DelayOptions } from '../layers/delay.js';
export { Retry, type RetryOptions } from '../layers/retry.js';
export { VolatileDevice, type VolatileOptions } from '../devices/volatile.js';
export { Trace, type TraceOptions, type TraceRecord } from '../layers/trace.js';
export { Unaligned, type UnalignedOptions } from '../layers/unaligned.js';
export { Zeroing, type ZeroingOptions } from '../layers/zeroing.js';
export { Throttle, type ThrottleOptions } from '../layers/throttle.js';
export { loop, type Extent } from '../layers/loop.js';
export { Checksum, type ChecksumOptions } from '../layers/checksum.js';
export { hasProblems, scrub, type Scrubbable, type ScrubOptions, type ScrubReport } from '../layers/scrub.js';
export type { ScrubProblem } from '../layers/scrub-findings.js';
