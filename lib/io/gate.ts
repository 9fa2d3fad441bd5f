import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { BlockDevice, Geometry } from './device.js';
import { OPERATIONS, type Operation } from './io.js';
import { IoError } from './io-error.js';
import { checkRange, kindOf, PAGE_SIZE, PageVector, type PageRange } from './pages.js';
import { OptionError } from './option-error.js';

/*
 * The one gate for bad requests (I6), as FreeBSD's g_io_check: whatever has passed it fits the device, so that no device
 * or layer checks again. Every refusal names the field, its value and what was expected, and comes before any change.
 */

/** Refuses a request that does not fit the device. */
export function checkRequest(
  device: BlockDevice,
  operation: Operation,
  position: number,
  length: number,
  range: PageRange | null = null,
): void {
  if (!OPERATIONS.includes(operation)) {
    throw new ArgumentError('ERR_OPERATION', `operation must be one of ${OPERATIONS.join(', ')}, got ${operation}`);
  }
  const { size, blockSize } = device.geometry;
  checkAligned(device, 'position', position, 'block size', blockSize);
  checkAligned(device, 'length', length, 'block size', blockSize);
  if (range !== null && device.memoryAlignment > 1) checkRuns(device, range);
  if (position + length > size) {
    throw new ArgumentRangeError(
      'ERR_PAST_END',
      `position + length must not pass the end of ${device.name} at ${String(size)}, ` +
        `got ${String(position)} + ${String(length)}`,
    );
  }
  if (!device.operations.includes(operation)) {
    throw new IoError('EOPNOTSUPP', { message: `${device.name} does not support ${operation}` });
  }
}

/** Refuses to tell of bytes that are not on the device. */
export function checkSpan({ name, size }: BlockDevice, position: number, length: number): void {
  const whole = Number.isSafeInteger(position) && Number.isSafeInteger(length);
  if (whole && position >= 0 && length > 0 && position + length <= size) return;
  throw new ArgumentRangeError(
    'ERR_EXTENT',
    `position and length must be whole numbers, and name bytes of the ${String(size)} of ${name}, ` +
      `got ${String(position)} and ${String(length)}`,
  );
}

/** What a caller gave as memory, as a range. Refuses what is none, and pages that were freed: others may have them. */
export function checkMemory(given: PageRange | PageVector): PageRange {
  if (given instanceof PageVector) {
    checkFreed(given);
    return given.range();
  }
  if (typeof given !== 'object' || (given as PageRange | null)?.pages === undefined) {
    throw new ArgumentError('ERR_RANGE', `range must be a PageVector or a range of one, got ${kindOf(given)}`);
  }
  checkRange(given.pages, given.offset, given.length);
  checkFreed(given.pages);
  return given;
}

function checkFreed(pages: PageVector): void {
  if (pages.freed) throw new StateError('ERR_FREED', 'range must be of pages in use, got pages that were freed');
}

function checkAligned(device: BlockDevice, field: string, value: number, unit: string, bytes: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value % bytes === 0) return;
  throw new ArgumentRangeError(
    'ERR_ALIGNMENT',
    `${field} must be a whole multiple of the ${unit} of ${device.name}, ${String(bytes)}, got ${String(value)}`,
  );
}

/** Pages are aligned, so that it is the range that is not, or what its vector was joined of. */
function checkRuns(device: BlockDevice, { pages, offset, length }: PageRange): void {
  checkAligned(device, 'offset of the range', offset, 'memory alignment', device.memoryAlignment);
  for (const { start, length: bytes } of pages.slices(offset, length)) {
    checkAligned(device, 'start of a joined run', start, 'memory alignment', device.memoryAlignment);
    checkAligned(device, 'length of a joined run', bytes, 'memory alignment', device.memoryAlignment);
  }
}

/** Refuses a stack whose devices form a cycle; answers its devices. Depth first, without recursion: a device met while it is open is one. */
export function checkStack(top: BlockDevice): ReadonlySet<BlockDevice> {
  const sound = new Set<BlockDevice>();
  const open = new Set<BlockDevice>();
  const toVisit: { device: BlockDevice; leaving: boolean }[] = [{ device: top, leaving: false }];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    const { device, leaving } = next;
    if (leaving) {
      open.delete(device);
      sound.add(device);
    } else if (open.has(device)) {
      throw new ArgumentError('ERR_DEVICE_CYCLE', `${device.name} stands on itself; a stack must have a bottom`);
    } else if (!sound.has(device)) {
      open.add(device);
      toVisit.push({ device, leaving: true });
      for (const lower of device.lowers) toVisit.push({ device: lower, leaving: false });
    }
  }
  return sound;
}

/** Refuses a geometry that no request could fit, and memory alignment that pages, or pieces of whole blocks, lack. */
export function checkGeometry(name: string, { size, blockSize, preferredSize }: Geometry, memoryAlignment = 1): void {
  if (!Number.isSafeInteger(blockSize) || blockSize <= 0 || !Number.isInteger(Math.log2(blockSize))) {
    throw new OptionError('ERR_BLOCK_SIZE', 'blockSize', `of ${name} must be a power of two, got ${String(blockSize)}`);
  }
  for (const [field, value] of [
    ['size', size],
    ['preferredSize', preferredSize],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= 0 && value % blockSize === 0) continue;
    throw new OptionError(
      'ERR_GEOMETRY',
      field,
      `of ${name} must be a whole multiple of its block size, ${String(blockSize)}, got ${String(value)}`,
    );
  }
  if (memoryAlignment > 0 && PAGE_SIZE % memoryAlignment === 0 && blockSize % memoryAlignment === 0) return;
  throw new OptionError(
    'ERR_GEOMETRY',
    'memoryAlignment',
    `of ${name} must divide the page size, ${String(PAGE_SIZE)}, and its block size, ` +
      `${String(blockSize)}, got ${String(memoryAlignment)}`,
  );
}
