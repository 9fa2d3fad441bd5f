import { randomUUID } from 'node:crypto';
import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';
import { OptionError } from '../io/option-error.js';
import type { Copied } from './copy-range.js';
import {
  checkFellow,
  checkMember,
  checkNotReplaced,
  isRecent,
  joinGeometry,
  MemberError,
  refuseMembers,
  someMembers,
} from './members.js';
import { MemberRecords, type MemberStart } from './member-records.js';
import { MirrorArray } from './mirror-array.js';
import {
  dataStartFor,
  MAX_MEMBERS,
  MAX_REGIONS,
  readNewest,
  type Found,
  type MemberState,
  type Superblock,
} from './superblock.js';

/** How a `Mirror` is made on new members. */
export interface CreateOptions {
  /** The members' data is known to be the same, such as all zeroes: it need not be copied. Default false. */
  assumeEqual?: boolean;
  /** Make a mirror also of devices that are members of something. Default false. */
  overwrite?: boolean;
  /**
   * Bytes for which a write is marked on the members, a multiple of the block size. Smaller means less to copy after a
   * crash, and more marking: a sync of each member, once for each. Default 1 MiB, or what is needed to do with 16384 of them.
   */
  regionSize?: number;
}

/** A mirror over new members, in memory: nothing is written yet. All is marked, unless it is known to be the same. */
export async function createArray(
  members: readonly BlockDevice[],
  options: CreateOptions & { pool: PagePool },
): Promise<MirrorArray> {
  const all = someMembers('Mirror', members);
  const { pool } = options;
  checkMembers(all);
  const { blockSize } = joinGeometry(all);
  const dataStart = dataStartFor(blockSize);
  const least = all.reduce((size, device) => Math.min(size, device.size), Infinity) - dataStart;
  const size = least - (least % blockSize);
  if (size <= 0) {
    throw new ArgumentRangeError(
      'ERR_GEOMETRY',
      `A member of a mirror must have more than ${String(dataStart)} bytes, the smallest has ${String(least + dataStart)}`,
    );
  }
  const regionSize = options.regionSize ?? defaultRegionSize(size, blockSize);
  if (!Number.isSafeInteger(regionSize) || regionSize < Math.max(1, size / MAX_REGIONS) || regionSize % blockSize > 0) {
    throw new OptionError(
      'ERR_REGION_SIZE',
      'regionSize',
      `must be a multiple of ${String(blockSize)} and at least the ${String(MAX_REGIONS)}th part of ` +
        `${String(size)}, got ${String(regionSize)}`,
    );
  }
  if (options.overwrite !== true) await refuseMembers(all, pool);
  const regions = Math.ceil(size / regionSize);
  const identity: Superblock = {
    role: 'mirror',
    uuid: randomUUID(),
    index: 0,
    memberCount: all.length,
    layout: 0,
    generation: 0,
    sequence: 0,
    dataStart,
    dataSize: size,
    chunk: 0,
    regionSize,
    states: [],
    rebuilt: [],
    dirty: options.assumeEqual === true ? new Uint8Array(Math.ceil(regions / 8)) : ones(regions),
  };
  const places = all.map((device) => ({ device, state: 'in-sync' as const }));
  return arrayOf(identity, blockSize, places, pool, true);
}

/** A mirror from what its members say, in memory: nothing is written yet. */
export async function openArray(members: readonly BlockDevice[], { pool }: { pool: PagePool }): Promise<MirrorArray> {
  const all = someMembers('Mirror', members);
  checkMembers(all);
  const found = await readAll(all, pool);
  const superblocks = [...found.values()].map(({ superblock }) => superblock);
  const top = superblocks.reduce((best, each) => (each.generation > best.generation ? each : best));
  const places = Array.from({ length: top.memberCount }, (_, index): MemberStart => {
    const [device, own] = [...found].find(([, { superblock }]) => superblock.index === index) ?? [];
    if (device === undefined || own === undefined) return { device: null, state: 'failed' };
    const { superblock, copy } = own;
    return { device, state: stateOf(superblock, top), rebuilt: superblock.rebuilt[index] ?? 0, copy };
  });
  if (!places.some(({ state }) => state === 'in-sync')) {
    throw new ArgumentError(
      'ERR_NOT_IN_SYNC',
      `No member of the mirror ${top.uuid} that holds everything was given, got ${namesOf(all)}`,
    );
  }
  checkHistory(found, top);
  for (const [device, { superblock }] of found) checkNotReplaced(device, superblock, top);
  const { blockSize } = joinGeometry(all);
  const bytes = Math.ceil(Math.ceil(top.dataSize / top.regionSize) / 8);
  const dirty = new Uint8Array(bytes);
  for (const { index, dirty: marked } of superblocks) {
    if (places[index]?.state === 'in-sync') for (let i = 0; i < bytes; i++) dirty[i] = or(dirty[i], marked[i]);
  }
  const sequence = superblocks.reduce((most, each) => Math.max(most, each.sequence), 0);
  const changed = places.some(({ state }, index) => state !== top.states[index]);
  return arrayOf({ ...top, dirty, sequence }, blockSize, places, pool, changed);
}

/**
 * Makes members agree where they are marked, flushes them, and takes the marks back, also those that a flush before made
 * needless, but for those of what no member can read. Also stores what has changed.
 * @param agreed they do agree: only flush, and put up with members that fail
 * @throws IoError when no member takes it
 */
export async function resync(array: MirrorArray, agreed = false): Promise<void> {
  const { records, shape } = array;
  const { regionSize, size } = shape;
  const { regions } = records.intent;
  const store = (): Promise<IoError | null> => new Promise((resolve) => records.settled(resolve));
  const failure = await store();
  if (failure !== null && !agreed) throw failure;
  if (!records.intent.marks) return;
  const marked = regions.map((region) => ({
    offset: region * regionSize,
    length: Math.min(regionSize, size - region * regionSize),
  }));
  const safe = records.intent.flushBegins();
  const { inSync, written } = records;
  if (!agreed && written.length > 1) {
    const { failed, starved, unread } = await new Promise<Copied>((resolve) => {
      array.copy(inSync, written, marked, false, resolve);
    });
    // Nothing was copied: the marks stay, for the next one to open it.
    if (starved) throw new IoError('ENOMEM', { message: 'No memory is left to make the members agree' });
    for (const member of written) if (failed.has(member.device)) records.drop(member);
    // What no member can read may differ: marked as a write that does not end, until an open can read it.
    for (const { offset, length } of unread) {
      for (const region of array.regionsOf(offset, length)) records.intent.begin(region, () => undefined);
    }
  }
  let flushed = true;
  for (const member of marked.length > 0 ? records.written : []) {
    try {
      await member.device.flush().promise();
    } catch {
      flushed = records.drop(member) && flushed;
    }
  }
  records.intent.flushEnded(safe, flushed);
  const stored = await new Promise<IoError | null>((resolve) => records.store(resolve));
  if (stored !== null && !agreed) throw stored;
}

/** What the members say; one that cannot be read is left out. */
async function readAll(all: readonly BlockDevice[], pool: PagePool): Promise<Map<BlockDevice, Found>> {
  const found = new Map<BlockDevice, Found>();
  let failure: unknown = null;
  for (const device of all) {
    let newest: Found | null;
    try {
      newest = await readNewest(device, pool);
    } catch (error) {
      if (!(error instanceof IoError) || error.code === 'ENOMEM') throw error;
      failure = error;
      continue;
    }
    const member = checkMember('mirror', device, newest);
    const own = member.superblock;
    const [first] = found.values();
    const [other] = [...found].find(([, { superblock }]) => superblock.index === own.index) ?? [];
    checkFellow(device, own, first?.superblock ?? own, other);
    found.set(device, member);
  }
  if (found.size === 0) throw failure;
  return found;
}

/**
 * The newest one knows who is in sync. One that is behind it by a single change was so when power was lost, and has
 * missed nothing: nothing that came after was acknowledged before it was told of the change as well. So one that was being
 * rebuilt holds what its own superblock says it does, but for regions that are marked.
 */
function stateOf(own: Superblock, top: Superblock): MemberState {
  return isRecent(own, top) ? (top.states[own.index] ?? 'failed') : 'failed';
}

/** Refuses members that each have gone on without the other: whose data holds is not for the library to say. */
function checkHistory(found: ReadonlyMap<BlockDevice, Found>, top: Superblock): void {
  for (const [device, { superblock: own }] of found) {
    const apart =
      own.generation === top.generation
        ? own.states.some((state, i) => state !== top.states[i])
        : !own.states.some((state, i) => state !== 'failed' && top.states[i] === 'in-sync');
    if (!apart) continue;
    throw new MemberError(
      'ERR_SPLIT_BRAIN',
      device,
      `and member ${String(top.index)} of the mirror ${top.uuid} have been written to without each ` +
        `other (generations ${String(own.generation)} and ${String(top.generation)}): open one, and rebuild to the other`,
    );
  }
}

function checkMembers(all: readonly BlockDevice[]): void {
  if (new Set(all).size !== all.length || all.length > MAX_MEMBERS) {
    throw new ArgumentError(
      'ERR_MEMBERS',
      `Mirror needs at most ${String(MAX_MEMBERS)} devices, each once, got ${namesOf(all)}`,
    );
  }
}

function arrayOf(
  identity: Superblock,
  blockSize: number,
  places: readonly MemberStart[],
  pool: PagePool,
  changed: boolean,
): MirrorArray {
  const { dataSize: size, dataStart, regionSize } = identity;
  const records = new MemberRecords(identity, places, pool);
  if (changed) records.touch();
  return new MirrorArray({ size, dataStart, blockSize, regionSize }, records, pool);
}

function defaultRegionSize(size: number, blockSize: number): number {
  let regionSize = Math.max(1 << 20, blockSize);
  while (regionSize * MAX_REGIONS < size) regionSize *= 2;
  return regionSize;
}

function ones(count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  if (count % 8 > 0) bits[bits.length - 1] = (1 << (count % 8)) - 1;
  return bits;
}

function or(a = 0, b = 0): number {
  return a | b;
}

function namesOf(all: readonly BlockDevice[]): string {
  return all.map(({ name }) => name).join(', ');
}
