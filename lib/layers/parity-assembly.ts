import { randomUUID } from 'node:crypto';
import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { Operation } from '../io/io.js';
import { IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';
import { OptionError } from '../io/option-error.js';
import { checkNotReplaced, isRecent, joinGeometry, MemberError, refuseMembers } from './members.js';
import { ParityArray } from './parity-array.js';
import { ParityMap } from './parity-map.js';
import { LEFT_SYMMETRIC, ParityStore } from './parity-store.js';
import { dataStartFor, MAX_MEMBERS, MAX_REGIONS, readNewest, type Copy, type Found, type MemberState, type Superblock } from './superblock.js'; // prettier-ignore

const NEEDED: readonly Operation[] = ['read', 'write', 'flush'];

/** How the data of a new array is to lie. */
export interface ParityLayout {
  /** Bytes on one member before the next is taken, a multiple of the members' block size. Default 64 KiB. */
  chunk?: number;
  /** Bytes of a member that one bit of the write-intent log stands for, a multiple of `chunk`. Default about 1 MiB. */
  regionSize?: number;
  /** Make an array also of devices that are members of something. Default false. */
  overwrite?: boolean;
  /** The members' parity is right already, such as that of zeroes: none is computed. Default false. */
  assumeClean?: boolean;
}

/** A new array over members, with superblocks on them; all of it is dirty unless it is clean already. */
export async function createArray(
  members: readonly BlockDevice[],
  layout: ParityLayout,
  pool: PagePool,
): Promise<ParityArray> {
  checkMembers(members);
  const { blockSize } = joinGeometry(members);
  const chunk = layout.chunk ?? 64 * 1024;
  checkMultiple('chunk', chunk, blockSize, 'ERR_CHUNK');
  const dataStart = dataStartFor(blockSize);
  const room = members.reduce((least, { size }) => Math.min(least, size), Infinity) - dataStart;
  const stripes = Math.floor(room / chunk);
  if (stripes < 1) {
    throw new ArgumentRangeError(
      'ERR_GEOMETRY',
      `Each member must have room for ${String(dataStart)} bytes and a chunk of ${String(chunk)}, ` +
        `the smallest has ${String(room + dataStart)}`,
    );
  }
  const least = Math.ceil(stripes / MAX_REGIONS) * chunk;
  const regionSize = layout.regionSize ?? Math.max(least, Math.ceil((1 << 20) / chunk) * chunk);
  checkMultiple('regionSize', regionSize, chunk, 'ERR_REGION_SIZE');
  if (regionSize < least) {
    throw new OptionError(
      'ERR_REGION_SIZE',
      'regionSize',
      `must be at least ${String(least)} for ${String(stripes)} chunks on a member, got ${String(regionSize)}`,
    );
  }
  if (layout.overwrite !== true) await refuseMembers(members, pool);
  const regions = Math.ceil((stripes * chunk) / regionSize);
  const dirty = new Uint8Array(Math.ceil(regions / 8));
  if (layout.assumeClean !== true) for (let i = 0; i < regions; i++) dirty[i >> 3] = (dirty[i >> 3] ?? 0) | (1 << (i & 7)); // prettier-ignore
  const identity = { uuid: randomUUID(), memberCount: members.length, dataStart, dataSize: stripes * chunk, chunk, regionSize }; // prettier-ignore
  const states = members.map((): MemberState => 'in-sync');
  const store = new ParityStore(identity, pool, { generation: 0, sequence: 0 });
  placeAll(store, members.map((device, index) => ({ index, device, copy: null }))); // prettier-ignore
  const failed = await store.store(states, [], dirty, true);
  if (failed.length > 0) {
    store.close();
    const names = failed.map((index) => members[index]?.name).join(', ');
    throw new IoError('EIO', { message: `No superblock could be written to ${names}` });
  }
  return new ParityArray(new ParityMap(members.length, chunk, stripes, dataStart), members, states, dirty, store, pool);
}

/** The array that is on members, given in any order; one of them may be absent, unreadable or out of date. */
export async function openArray(members: readonly BlockDevice[], force: boolean, pool: PagePool): Promise<ParityArray> {
  if (new Set(members).size < members.length)
    throw new ArgumentError('ERR_DUPLICATE_MEMBER', 'A device is given twice');
  const found: (Found & { device: BlockDevice })[] = [];
  for (const device of members) {
    const newest = await readNewest(device, pool).catch((error: unknown) => {
      if (error instanceof IoError && error.code !== 'ENOMEM') return undefined; // As good as absent.
      throw error;
    });
    if (newest === undefined) continue;
    if (newest?.superblock.role !== 'parity' || newest.superblock.layout !== LEFT_SYMMETRIC) {
      const own = newest?.superblock;
      const is = own === undefined ? 'has no superblock' : `is a member of the ${own.role} ${own.uuid}`;
      throw new MemberError('ERR_NOT_A_MEMBER', device, `is no member of a parity array: it ${is}`);
    }
    found.push({ device, ...newest });
  }
  const newest = newestOf(found.map(({ superblock }) => superblock));
  const devices: (BlockDevice | null)[] = Array.from({ length: newest.memberCount }, () => null);
  let rebuilt = 0;
  for (const { device, superblock } of found) {
    if (superblock.uuid !== newest.uuid) {
      throw new MemberError('ERR_FOREIGN_MEMBER', device, `belongs to array ${superblock.uuid}, not to ${newest.uuid}`);
    }
    if (!isUpToDate(superblock, newest)) continue;
    place(device, superblock, newest, devices);
    if (newest.states[superblock.index] === 'rebuilding') rebuilt = superblock.rebuilt[superblock.index] ?? 0;
  }
  for (const { device, superblock } of found) {
    if (devices[superblock.index] === null) checkNotReplaced(device, superblock, newest);
  }
  const states = devices.map((device, i) => (device === null ? 'failed' : (newest.states[i] ?? 'failed')));
  const missing = states.filter((state) => state !== 'in-sync').length;
  if (missing > 1) {
    throw new ArgumentError(
      'ERR_NOT_IN_SYNC',
      `A parity array bears one missing member, ${String(missing)} are missing`,
    );
  }
  const { dirty } = newest;
  // Where a member that was being rebuilt holds its part, parity can be repaired; behind that it is missing.
  const torn = Math.min(lastDirty(dirty) * newest.regionSize, newest.dataSize);
  if (missing > 0 && !force && torn > rebuilt) {
    throw new StateError(
      'ERR_DIRTY',
      'A member is missing and the array was being written when it stopped: data of that member that shares a stripe ' +
        'with a torn write would be computed wrongly. Open it with force to accept that',
    );
  }
  const { dataStart, dataSize, chunk, memberCount, generation } = newest;
  const sequence = found.reduce((most, { superblock }) => Math.max(most, superblock.sequence), 0);
  const store = new ParityStore(newest, pool, { generation, sequence });
  const places = found.filter(({ device, superblock }) => devices[superblock.index] === device);
  placeAll(store, places.map(({ device, superblock: { index }, copy }) => ({ index, device, copy }))); // prettier-ignore
  const map = new ParityMap(memberCount, chunk, dataSize / chunk, dataStart);
  const array = new ParityArray(map, devices, newest.states, dirty, store, pool);
  for (const [member, state] of states.entries()) array.setState(member, state);
  array.resumeAt(rebuilt);
  return array;
}

/** Tells a store of the members that are there. @throws IoError `ENOMEM`: the store is closed */
function placeAll(
  store: ParityStore,
  members: readonly { index: number; device: BlockDevice; copy: Copy | null }[],
): void {
  try {
    for (const { index, device, copy } of members) store.place(index, device, copy);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The number of the last dirty region, counted from 1; 0 when there is none. */
function lastDirty(dirty: Uint8Array): number {
  let byte = dirty.length - 1;
  while (byte >= 0 && dirty[byte] === 0) byte--;
  return byte < 0 ? 0 : byte * 8 + 32 - Math.clz32(dirty[byte] ?? 0);
}

/**
 * Refuses a device that cannot be a member: it must have `needed` bytes, and read, write and flush in such blocks, and
 * memory that is aligned so.
 */
export function checkDevice(
  device: BlockDevice,
  needed: number,
  blockSize: number,
  code: string,
  memoryAlignment: number = Infinity,
): void {
  const able = NEEDED.every((operation) => device.operations.includes(operation));
  // Reads go to callers' memory, which is aligned as the array asks for.
  const takes = device.memoryAlignment <= memoryAlignment;
  if (able && takes && device.size >= needed && device.blockSize <= blockSize) return;
  throw new ArgumentRangeError(
    code,
    `A member must have ${String(needed)} bytes in blocks of at most ${String(blockSize)} and ${NEEDED.join(', ')}, ` +
      `${device.name} has ${String(device.size)} in blocks of ${String(device.blockSize)}: ${device.operations.join(', ')}` +
      (takes ? '' : `, memory aligned to ${String(device.memoryAlignment)}, not ${String(memoryAlignment)}`),
  );
}

function newestOf(superblocks: readonly Superblock[]): Superblock {
  const [first, ...rest] = superblocks;
  if (first === undefined) throw new ArgumentError('ERR_MEMBERS', 'No member has a superblock that can be read');
  return rest.reduce((best, each) => (isNewer(each, best) ? each : best), first);
}

function isNewer(a: Superblock, b: Superblock): boolean {
  return a.generation > b.generation || (a.generation === b.generation && a.sequence > b.sequence);
}

function isUpToDate(own: Superblock, newest: Superblock): boolean {
  return newest.states[own.index] !== 'failed' && isRecent(own, newest);
}

function place(
  device: BlockDevice,
  { index }: Superblock,
  { dataStart, dataSize }: Superblock,
  devices: (BlockDevice | null)[],
): void {
  if (devices[index] !== null) {
    throw new MemberError('ERR_DUPLICATE_MEMBER', device, `says that it is member ${String(index)}, which is taken`);
  }
  checkDevice(device, dataStart + dataSize, dataStart / 2, 'ERR_GEOMETRY');
  devices[index] = device;
}

function checkMembers(members: readonly BlockDevice[]): void {
  if (members.length < 3 || members.length > MAX_MEMBERS || new Set(members).size < members.length) {
    throw new ArgumentError(
      'ERR_MEMBERS',
      `Parity needs from 3 to ${String(MAX_MEMBERS)} different devices, got ${String(members.length)}`,
    );
  }
}

function checkMultiple(name: string, value: number, unit: number, code: string): void {
  if (Number.isSafeInteger(value) && value > 0 && value % unit === 0) return;
  throw new OptionError(code, name, `must be a positive multiple of ${String(unit)} bytes, got ${String(value)}`);
}
