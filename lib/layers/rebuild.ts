import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import { checkStack } from '../io/gate.js';
import { IoError } from '../io/io-error.js';
import { COPY_CHUNK } from './copy-range.js';
import type { PresentMember } from './member-records.js';
import { checkSpareIsFree } from './members.js';
import type { MirrorArray } from './mirror-array.js';
import { checkpointSizeOf, type RebuildOptions } from './rebuild-options.js';

/**
 * Rebuilds a member onto a spare, online. From the start writes go to the spare as well; reads do not. Then range after
 * range is locked, copied from a member in sync, and unlocked: a write to a range comes before or after its copy, never
 * between reading and writing it (I8). Only when all is copied and flushed does the spare count as in sync, and that is
 * stored.
 *
 * Every so often the spare is flushed, and then how far it has come is stored on the members: the checkpoint. An
 * interrupted rebuild leaves the spare as it is, still written to; another one on it goes on from there, also when the
 * mirror was closed in between. After a crash it goes on from the last checkpoint: what lies before it was copied and
 * stable, and what was written there since is in regions that are marked until a flush has reached the spare as well,
 * which `open` makes agree on the spare too. What lies behind it is copied in any case.
 */
export async function rebuild(
  mirror: BlockDevice,
  array: MirrorArray,
  devices: BlockDevice[],
  index: number,
  spare: BlockDevice,
  options: RebuildOptions,
): Promise<void> {
  if (mirror.closed) throw new StateError('ERR_CLOSED', `${mirror.name} is closed`);
  checkSpare(mirror, array, devices, index, spare);
  const checkpointSize = checkpointSizeOf(options);
  options.signal?.throwIfAborted();
  let ended: () => void = () => undefined;
  array.work.run((end) => (ended = end));
  array.rebuilding.set(index, spare);
  try {
    await checkSpareIsFree(spare, index, array.records, array.pool, options.overwrite);
    checkOpen(mirror);
    options.signal?.throwIfAborted();
    const member = await placed(array, devices, index, spare);
    const check = (): void => {
      checkGoesOn(mirror, member);
      options.signal?.throwIfAborted();
    };
    await copyAll(array, member, checkpointSize, check, options);
    checkGoesOn(mirror, member);
    array.records.set(index, 'in-sync');
    await stored(array);
    checkGoesOn(mirror, member);
  } finally {
    array.rebuilding.delete(index);
    ended();
  }
}

/** The spare in its place: as it was, when it is there and its rebuild was interrupted. */
async function placed(
  array: MirrorArray,
  devices: BlockDevice[],
  index: number,
  spare: BlockDevice,
): Promise<PresentMember> {
  const { records } = array;
  const before = records.places[index];
  if (before?.state === 'rebuilding' && before.device === spare) return before as PresentMember;
  if (before?.state === 'rebuilding') {
    // Two changes, not one: a member that has missed a single one may still be taken for what it was.
    records.set(index, 'failed');
    await stored(array);
  }
  records.set(index, 'rebuilding', spare);
  // The list is also the mirror's `lowers`: the spare is closed with it, what was there before is not.
  const at = devices.findIndex((device) => device === before?.device);
  if (at >= 0) devices.splice(at, 1);
  devices.push(spare);
  await stored(array);
  return records.places[index] as PresentMember;
}

async function copyAll(
  array: MirrorArray,
  member: PresentMember,
  checkpointSize: number,
  check: () => void,
  options: RebuildOptions,
): Promise<void> {
  const { size } = array.shape;
  let at = member.rebuilt;
  try {
    while (at < size) {
      const end = Math.min(at + COPY_CHUNK, size);
      check();
      await copyLocked(array, member, at, end);
      at = end;
      options.onProgress?.(end, size);
      if (at - member.rebuilt >= checkpointSize || at === size) await checkpoint(array, member, at);
    }
  } catch (error) {
    // What the spare itself has failed has dropped it; anything else is an interruption.
    if (member.state === 'rebuilding') await checkpoint(array, member, at).catch(() => undefined);
    await new Promise<void>((resolve) => array.records.settled(() => resolve()));
    throw error;
  }
}

/** Stores how far it has come, once that is stable on the spare. */
async function checkpoint({ records }: MirrorArray, member: PresentMember, at: number): Promise<void> {
  try {
    await member.device.flush().promise();
  } catch (error) {
    records.drop(member);
    throw error;
  }
  records.rebuiltTo(member.index, at);
  const failure = await new Promise<IoError | null>((resolve) => records.store(resolve));
  if (failure !== null) throw failure;
}

async function copyLocked(array: MirrorArray, member: PresentMember, start: number, end: number): Promise<void> {
  const hold = await array.locked(start, end);
  try {
    const { failed, unread, starved } = await array.copied(member, { offset: start, length: end - start });
    if (failed.size > 0) {
      array.records.drop(member);
      throw new IoError('EIO', { message: `${member.device.name} cannot be written to` });
    }
    if (starved) throw new IoError('ENOMEM', { message: 'No memory is left to copy with' });
    const [first] = unread;
    if (first !== undefined) {
      const at = String(first.offset);
      throw new IoError('EIO', { message: `No member can read ${String(first.length)} bytes at ${at} of the mirror` });
    }
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
  checkOpen(mirror);
}

function checkOpen({ closed, name }: BlockDevice): void {
  if (closed) throw new StateError('ERR_CLOSED', `${name} was closed while it was rebuilt`);
}

/** Refuses a spare that does not fit, by what it says of itself. Throws as `Mirror.rebuild`. */
export function checkSpare(
  mirror: BlockDevice,
  { records, shape, rebuilding }: MirrorArray,
  devices: readonly BlockDevice[],
  index: number,
  spare: BlockDevice,
): void {
  const place = records.places[index];
  if (place === undefined || place.state === 'in-sync' || rebuilding.has(index)) {
    throw new ArgumentError(
      'ERR_MEMBER_STATE',
      `index must be that of a failed member of ${mirror.name}, or of one whose rebuild was interrupted, ` +
        `got ${String(index)}, ${place?.state ?? 'no member'}`,
    );
  }
  const others = [...devices.filter((device) => device !== place.device), ...rebuilding.values()];
  if (others.includes(spare)) {
    throw new ArgumentError('ERR_SPARE', `spare must be no other member of ${mirror.name}, got ${spare.name}`);
  }
  checkStack(spare);
  const lacking = mirror.operations.filter((operation) => !spare.operations.includes(operation));
  if (spare.memoryAlignment > mirror.memoryAlignment) {
    // Callers' memory would be no good for it.
    throw new ArgumentRangeError(
      'ERR_SPARE',
      `spare must take memory aligned to ${String(mirror.memoryAlignment)} bytes, as ${mirror.name} does, ` +
        `got ${spare.name}, which asks for ${String(spare.memoryAlignment)}`,
    );
  }
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
