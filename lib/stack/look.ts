import { NullDevice, PagePool, readSuperblock, waitQueue, type BlockDevice, type Superblock } from '../io/index.js';
import { kitOf, make, type Kit } from './build.js';
import { parseDescription } from './description.js';
import type { DeviceDescription } from './device-description.js';
import { isRedundant, lowersOf, pathOf } from './lowers.js';

/** What there is to know of a device without changing anything, and of those below it. */
export interface DeviceLook {
  readonly type: DeviceDescription['type'];
  /** Where it is in the description. */
  readonly path: string;
  /** Of a file. */
  readonly file: string | null;
  /** Null where it cannot be told. */
  readonly size: number | null;
  readonly blockSize: number | null;
  /** Why it could not be opened, or not be told of. */
  readonly error: string | null;
  /** What is written on it as a member of the array above it; null where there is none, or none was looked for. */
  readonly superblock: Superblock | null;
  /** Of an array: what the member says that knows most. */
  readonly array: Superblock | null;
  readonly lowers: readonly DeviceLook[];
}

interface Seen {
  readonly look: DeviceLook;
  readonly device: BlockDevice | null;
}

/**
 * Looks at a stack without writing to it: files are opened to be read, and arrays are not opened at all, as this would
 * store that they are, but told of from their members' superblocks. What cannot be opened is told in its place.
 * @throws ArgumentError `ERR_STACK` for what is no description
 */
export async function lookAt(description: unknown): Promise<DeviceLook> {
  const kit = kitOf({ strategy: waitQueue, pool: new PagePool() });
  try {
    return (await see(parseDescription(description).device, 'device', kit)).look;
  } finally {
    await Promise.allSettled(kit.built.map((device) => device.close()));
  }
}

async function see(description: DeviceDescription, path: string, kit: Kit): Promise<Seen> {
  const { type } = description;
  const isArray = isRedundant(description);
  const lowers: Seen[] = [];
  for (const [i, lower] of lowersOf(description).entries()) {
    const seen = await see(lower, pathOf(description, path, i), kit);
    lowers.push(isArray ? await withSuperblock(seen, kit.pool) : seen);
  }
  const own = { type, path, file: type === 'file' ? description.path : null, superblock: null };
  const looks = lowers.map(({ look }) => look);
  const array = isArray ? newest(looks) : null;
  try {
    const device = isArray ? standIn(type, looks, array) : await madeOf(description, lowers, kit);
    kit.built.push(device);
    const { size, blockSize } = device;
    return { device, look: { ...own, size, blockSize, error: null, array, lowers: looks } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { device: null, look: { ...own, size: null, blockSize: null, error: reason, array, lowers: looks } };
  }
}

/** @throws what the device says */
function madeOf(description: DeviceDescription, lowers: readonly Seen[], kit: Kit): Promise<BlockDevice> {
  const devices = lowers.flatMap(({ device }) => (device === null ? [] : [device]));
  if (devices.length < lowers.length) throw new Error('what it stands on cannot be opened');
  const { type } = description;
  return make(type === 'file' ? { ...description, readOnly: true, size: undefined } : description, devices, kit);
}

async function withSuperblock({ device, look }: Seen, pool: PagePool): Promise<Seen> {
  if (device === null) return { device, look };
  try {
    const superblock = await readSuperblock(device, pool);
    return { device, look: { ...look, superblock, error: superblock === null ? 'it has no superblock' : null } };
  } catch (error) {
    return { device, look: { ...look, error: error instanceof Error ? error.message : String(error) } };
  }
}

/** Something of the array's size in its place. @throws when no member says how large it is, or it is of another kind */
function standIn(type: DeviceDescription['type'], members: readonly DeviceLook[], top: Superblock | null): BlockDevice {
  if (top === null) throw new Error('no member of it has a superblock');
  if (top.role !== type) throw new Error(`its members are those of a ${top.role}`);
  const blockSize = Math.max(...members.map((member) => member.blockSize ?? 0));
  const { role, dataSize, memberCount } = top;
  const size = role === 'mirror' ? dataSize : dataSize * (memberCount - 1);
  return new NullDevice({ size, blockSize });
}

function newest(members: readonly DeviceLook[]): Superblock | null {
  const all = members.flatMap(({ superblock }) => (superblock === null ? [] : [superblock]));
  return all.reduce<Superblock | null>((best, each) => (best === null || each.generation > best.generation ? each : best), null); // prettier-ignore
}
