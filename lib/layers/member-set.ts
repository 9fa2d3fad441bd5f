import { randomUUID } from 'node:crypto';
import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { PagePool } from '../io/pages.js';
import { checkFellow, checkMember, joinGeometry, refuseMembers, someMembers } from './members.js';
import { dataStartFor, MAX_MEMBERS, readNewest, type Superblock } from './superblock.js';
import { SuperblockCopies } from './superblock-copies.js';

/*
 * Superblocks of arrays whose members never change and are all needed: who belongs together and in which order. They are
 * written once, both copies, so that none of an earlier array is left.
 */

/** How superblocks of a `Stripe` or `Linear` are written. */
export interface MemberSetOptions {
  /** Where memory for the superblocks is taken from, for the time of the call. */
  pool: PagePool;
  /** Take also devices that are members of something. Default false. */
  overwrite?: boolean;
}

/** Devices in their order, and where their data lies. */
export interface MemberSet {
  readonly devices: readonly BlockDevice[];
  /** Byte position on each device where data begins. */
  readonly dataStart: number;
  /** Bytes of data on each device, by index. */
  readonly dataSizes: readonly number[];
  /** Bytes that lie together on one member, 0 where that means nothing. */
  readonly chunk: number;
}

/**
 * Writes a superblock to each device and makes it stable.
 * @param sizeOf bytes of data on a device, of those that are there behind the superblock
 * @throws ArgumentError `ERR_MEMBERS`, `ERR_MEMBER_IN_USE`; ArgumentRangeError `ERR_GEOMETRY` for a device without room;
 *   nothing was written then. IoError when one cannot be written
 */
export async function createSet(
  role: 'stripe' | 'linear',
  members: readonly BlockDevice[],
  chunk: number,
  sizeOf: (room: number) => number,
  { pool, overwrite = false }: MemberSetOptions,
): Promise<MemberSet> {
  const devices = checkMembers(role, members);
  const dataStart = dataStartFor(joinGeometry(devices).blockSize);
  const dataSizes = devices.map((device) => sizeOf(device.size - dataStart));
  for (const [i, device] of devices.entries()) {
    if ((dataSizes[i] as number) > 0) continue;
    throw new ArgumentRangeError(
      'ERR_GEOMETRY',
      `${device.name} has no room for data behind the ${String(dataStart)} bytes of a superblock: it has ${String(device.size)}`,
    );
  }
  if (!overwrite) await refuseMembers(devices, pool);
  const uuid = randomUUID();
  for (const [index, device] of devices.entries()) {
    const dataSize = dataSizes[index] as number;
    const states = devices.map(() => 'in-sync' as const);
    await store(
      device,
      { role, uuid, index, memberCount: devices.length, layout: 0, generation: 0, sequence: 0, dataStart, dataSize, chunk, regionSize: 0, states, rebuilt: [], dirty: new Uint8Array(0) }, // prettier-ignore
      pool,
    );
  }
  return { devices, dataStart, dataSizes, chunk };
}

/**
 * Reads the superblocks of all members, given in any order.
 * @throws ArgumentError `ERR_NOT_A_MEMBER`, `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER` for a device that does not belong,
 *   `ERR_MEMBERS` when one is missing; IoError when one cannot be read
 */
export async function openSet(
  role: 'stripe' | 'linear',
  members: readonly BlockDevice[],
  pool: PagePool,
): Promise<MemberSet> {
  const devices = checkMembers(role, members);
  const places: { device: BlockDevice; own: Superblock }[] = [];
  let first: Superblock | null = null;
  for (const device of devices) {
    const { superblock: own } = checkMember(role, device, await readNewest(device, pool));
    first ??= own;
    checkFellow(device, own, first, places[own.index]?.device);
    places[own.index] = { device, own };
  }
  const { uuid, memberCount, dataStart, chunk } = first as Superblock;
  if (devices.length < memberCount) {
    throw new ArgumentError(
      'ERR_MEMBERS',
      `The ${role} ${uuid} needs all of its ${String(memberCount)} members, got ${String(devices.length)}`,
    );
  }
  return {
    devices: places.map(({ device }) => device),
    dataStart,
    dataSizes: places.map(({ own }) => own.dataSize),
    chunk,
  };
}

function checkMembers(role: string, members: readonly BlockDevice[]): readonly BlockDevice[] {
  const devices = someMembers(role, members);
  if (new Set(devices).size === devices.length && devices.length <= MAX_MEMBERS) return devices;
  throw new ArgumentError(
    'ERR_MEMBERS',
    `A ${role} with superblocks needs at most ${String(MAX_MEMBERS)} devices, each once, ` +
      `got ${devices.map(({ name }) => name).join(', ')}`,
  );
}

/** Both copies, each stable before the call resolves. */
async function store(device: BlockDevice, superblock: Superblock, pool: PagePool): Promise<void> {
  const copies = new SuperblockCopies(device, pool, null);
  try {
    const error = await new Promise<Error | null>((resolve) => copies.write(superblock, resolve));
    if (error !== null) throw error;
  } finally {
    copies.free();
  }
}
