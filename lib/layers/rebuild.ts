import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import { checkStack } from '../io/gate.js';
import { IoError } from '../io/io-error.js';
import { COPY_CHUNK } from './copy-range.js';
import type { PresentMember } from './member-records.js';
import type { MirrorArray } from './mirror-array.js';
import type { RebuildOptions } from './rebuild-options.js';

/**
 * Rebuilds a member onto a spare, online. From the start writes go to the spare as well; reads do not. Then range after
 * range is locked, copied from a member in sync, and unlocked: a write to a range comes before or after its copy, never
 * between reading and writing it (I8). Only when all is copied and flushed does the spare count as in sync, and that is
 * stored: after a crash before that the rebuild begins anew.
 */
export async function rebuild(
  mirror: BlockDevice,
  array: MirrorArray,
  devices: BlockDevice[],
  index: number,
  spare: BlockDevice,
  options: RebuildOptions,
): Promise<void> {
  const { records } = array;
  checkSpare(mirror, array, devices, index, spare);
  options.signal?.throwIfAborted();
  const before = records.places[index]?.device ?? null;
  records.set(index, 'rebuilding', spare);
  // The list is also the mirror's `lowers`: the spare is closed with it, what was there before is not.
  if (before !== null) devices.splice(devices.indexOf(before), 1);
  devices.push(spare);
  const member = records.places[index] as PresentMember;
  let ended: () => void = () => undefined;
  array.work.run((end) => (ended = end));
  try {
    await stored(array);
    for (let at = 0; at < array.shape.size; at += COPY_CHUNK) {
      const end = Math.min(at + COPY_CHUNK, array.shape.size);
      checkGoesOn(mirror, member);
      options.signal?.throwIfAborted();
      await copyLocked(array, member, at, end);
      options.onProgress?.(end, array.shape.size);
    }
    await spare.flush().promise();
    checkGoesOn(mirror, member);
    records.set(index, 'in-sync');
    await stored(array);
    checkGoesOn(mirror, member);
  } catch (error) {
    if (member.state === 'rebuilding') {
      records.set(index, 'failed');
      await new Promise<void>((resolve) => records.settled(() => resolve()));
    }
    throw error;
  } finally {
    ended();
  }
}

async function copyLocked(array: MirrorArray, member: PresentMember, start: number, end: number): Promise<void> {
  const hold = await array.locked(start, end);
  try {
    const { failed, unread, starved } = await array.copied(member, { offset: start, length: end - start });
    if (starved) throw new IoError('ENOMEM', { message: 'No memory is left to copy with' });
    const [first] = unread;
    if (first !== undefined) {
      const at = String(first.offset);
      throw new IoError('EIO', { message: `No member can read ${String(first.length)} bytes at ${at} of the mirror` });
    }
    if (failed.size > 0) throw new IoError('EIO', { message: `${member.device.name} cannot be written to` });
  } finally {
    array.lock.release(hold);
  }
}

async function stored(array: MirrorArray): Promise<void> {
  const failure = await new Promise<IoError | null>((resolve) => array.records.settled(resolve));
  if (failure !== null) throw failure;
}

/** A write that the spare has failed has dropped it; a close must not wait for the whole of it. */
function checkGoesOn(mirror: BlockDevice, { state, device }: PresentMember): void {
  if (state === 'failed') {
    throw new IoError('EIO', { message: `${device.name} has failed while it was rebuilt` });
  }
  if (mirror.closed) throw new IoError('ENXIO', { message: `${mirror.name} was closed during a rebuild` });
}

function checkSpare(
  mirror: BlockDevice,
  { records, shape }: MirrorArray,
  devices: readonly BlockDevice[],
  index: number,
  spare: BlockDevice,
): void {
  const place = records.places[index];
  if (place?.state !== 'failed') {
    throw new ArgumentError(
      'ERR_MEMBER_STATE',
      `index must be that of a failed member of ${mirror.name}, got ${String(index)}, ${place?.state ?? 'no member'}`,
    );
  }
  if (devices.includes(spare) && spare !== place.device) {
    throw new ArgumentError('ERR_SPARE', `spare must be no other member of ${mirror.name}, got ${spare.name}`);
  }
  checkStack(spare);
  const lacking = mirror.operations.filter((operation) => !spare.operations.includes(operation));
  if (spare.size >= shape.dataStart + shape.size && shape.blockSize % spare.blockSize === 0 && lacking.length === 0) {
    return;
  }
  throw new ArgumentRangeError(
    'ERR_SPARE',
    `spare must have ${String(shape.dataStart + shape.size)} bytes in blocks of at most ${String(shape.blockSize)} and ` +
      `do ${mirror.operations.join(', ')}, got ${spare.name} with ${String(spare.size)} in ${String(spare.blockSize)}` +
      (lacking.length > 0 ? `, without ${lacking.join(', ')}` : ''),
  );
}
