import { ArgumentError } from '../wait/errors.js';
import type { BlockDevice, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';
import type { PagePool } from '../io/pages.js';
import { readSuperblock, type Found, type Role, type Superblock } from './superblock.js';

/*
 * What layers over several devices have in common.
 */

/** A device that cannot be what it was given as, of several: the error knows which. */
export class MemberError extends ArgumentError {
  readonly #device: BlockDevice;

  constructor(code: string, device: BlockDevice, why: string) {
    super(code, `${device.name} ${why}`);
    this.#device = device;
  }

  /** Not a field, for a console would print all of it. */
  get device(): BlockDevice {
    return this.#device;
  }
}

/** Members that are at least one. @throws ArgumentError `ERR_MEMBERS` */
export function someMembers(name: string, members: readonly BlockDevice[]): [BlockDevice, ...BlockDevice[]] {
  const [first, ...rest] = members;
  if (first === undefined) throw new ArgumentError('ERR_MEMBERS', `${name} needs at least one device, got none`);
  return [first, ...rest];
}

/** Refuses devices that are members of something. @throws MemberError `ERR_MEMBER_IN_USE`; as `readSuperblock` */
export async function refuseMembers(devices: readonly BlockDevice[], pool: PagePool): Promise<void> {
  for (const device of devices) {
    const found = await readSuperblock(device, pool);
    if (found !== null) throw memberInUse(device, found);
  }
}

/** What an array is on its members, and how far it has come. */
interface ArrayState {
  readonly uuid: string;
  readonly generation: number;
}

/**
 * Refuses a spare that is a member of something: of another array, or of this one, up to date and in another place, as the
 * device of a member is that was opened twice. One that this array has given up is free.
 * @param index the place that it is for
 * @param overwrite whether it may be a member of another array
 * @throws MemberError `ERR_MEMBER_IN_USE`; as `readSuperblock`
 */
export async function checkSpareIsFree(
  spare: BlockDevice,
  index: number,
  { uuid, generation }: ArrayState,
  pool: PagePool,
  overwrite = false,
): Promise<void> {
  const found = await readSuperblock(spare, pool);
  if (found === null) return;
  const isOther = found.uuid !== uuid;
  const isLive = !isOther && found.index !== index && found.generation >= generation;
  if ((isOther && !overwrite) || isLive) throw memberInUse(spare, found);
}

/** That a device is a member of something, and would be lost to it. */
function memberInUse(device: BlockDevice, { role, uuid }: Superblock): MemberError {
  return new MemberError('ERR_MEMBER_IN_USE', device, `is a member of the ${role} ${uuid}`);
}

/**
 * Whether a member has missed nothing that counts: it may be behind by one generation, which a store that a loss of power tore
 * leaves. Nothing that came after was acknowledged, nor begun, before that was stored on all.
 */
export function isRecent({ generation }: Superblock, newest: Superblock): boolean {
  return generation >= newest.generation - 1;
}

/**
 * Refuses a device that was given up, and whose place another one has taken since: to open the array with it would give
 * up that one as well, which holds everything. One that was given up and not replaced yet is only out of date.
 * @param newest of the array
 * @throws MemberError `ERR_REPLACED`
 */
export function checkNotReplaced(device: BlockDevice, own: Superblock, newest: Superblock): void {
  const { role, uuid, states } = newest;
  if (isRecent(own, newest) || states[own.index] !== 'in-sync') return;
  throw new MemberError(
    'ERR_REPLACED',
    device,
    `was member ${String(own.index)} of the ${role} ${uuid}, and another device has its place now: give that one instead`,
  );
}

/** The superblock found on a device, if it makes it a member of such an array. @throws MemberError `ERR_NOT_A_MEMBER` */
export function checkMember(role: Role, device: BlockDevice, found: Found | null): Found {
  const own = found?.superblock;
  const fits = own?.role === role && own.dataStart + own.dataSize <= device.size && own.index < own.memberCount;
  if (found !== null && fits) return found;
  const is = own === undefined ? 'has no superblock' : `is member ${String(own.index)} of the ${own.role} ${own.uuid}`;
  throw new MemberError('ERR_NOT_A_MEMBER', device, `is no member of a ${role}: it ${is}`);
}

/**
 * Refuses a member that is not of the same array as the first.
 * @param other the member found before that is in the same place, if any
 * @throws MemberError `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER`
 */
export function checkFellow(device: BlockDevice, own: Superblock, first: Superblock, other?: BlockDevice): void {
  const { role, uuid, index } = own;
  if (uuid !== first.uuid || own.memberCount !== first.memberCount) {
    throw new MemberError('ERR_FOREIGN_MEMBER', device, `is a member of the ${role} ${uuid}, expected one of ${first.uuid}`); // prettier-ignore
  }
  if (other !== undefined) {
    const both = `and ${other.name} both are member ${String(index)} of the ${role} ${uuid}`;
    throw new MemberError('ERR_DUPLICATE_MEMBER', device, both);
  }
}

/** The geometry of members together, but for the size: the largest block, the largest preferred size in whole blocks. */
export function joinGeometry(members: readonly BlockDevice[]): Geometry {
  let blockSize = 0;
  let preferredSize = 0;
  for (const { geometry } of members) {
    blockSize = Math.max(blockSize, geometry.blockSize);
    preferredSize = Math.max(preferredSize, geometry.preferredSize);
  }
  return { size: 0, blockSize, preferredSize: Math.ceil(preferredSize / blockSize) * blockSize };
}

/** Sends an operation without data to every member: flush. */
export function spread(layer: Layer, io: Io, members: readonly BlockDevice[]): void {
  const split = io.split(layer, null);
  for (const member of members) split.piece(member, 0, 0, 0);
  split.seal();
}
