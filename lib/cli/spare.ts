import { truncate } from 'node:fs/promises';
import { resolve } from 'node:path';
import { IoError, readSuperblock, type BlockDevice, type Mirror, type PagePool, type Parity } from '../io/index.js';
import type { DeviceDescription, Stack } from '../stack/index.js';
import { devicesOf } from '../stack/lowers.js';
import { ArgumentError } from '../wait/errors.js';
import { isBlockDevice } from '../devices/block-device.js';
import { claimFiles } from './file-claims.js';
import { fileSize } from './file-size.js';
import { holdingsOf } from './holdings.js';
import { loadStack } from './load-stack.js';
import type { MadeFiles } from './made-files.js';
import { filesOf, wrongCall } from './stack-flags.js';

type FileDescription = Extract<DeviceDescription, { type: 'file' }>;
type Bottom = Extract<DeviceDescription, { type: 'file' | 'nbd' }>;

/** An array of a stack that lacks a member. */
export interface Lacking {
  readonly array: Mirror | Parity;
  /** Its place in the description. */
  readonly path: string;
  readonly members: readonly DeviceDescription[];
  /** The number of the member. */
  readonly member: number;
}

/** What a call says of the spare. */
export interface SpareFlags {
  spare?: string;
  force?: boolean;
}

/**
 * What goes in the member's place: what is there, out of date or half rebuilt, or else what is described and could not be
 * opened, made anew; on another file or server if one is named. Files that are not there are made, and added to `made`.
 * @throws ArgumentError `ERR_CALL`, `ERR_EXISTS`, `ERR_IN_USE`, `ERR_STACK`; what the array says to a spare that does not
 *   fit. Nothing was written then, but for files that were made
 */
export async function spareFor(
  stack: Stack,
  lacking: Lacking,
  { spare, force = false }: SpareFlags,
  made: MadeFiles,
): Promise<BlockDevice> {
  const { array, path, members, member } = lacking;
  const inUse = new Set(array.members.flatMap(({ index, device }) => (index === member ? [] : [device])));
  const opened = members.map((_, i) => stack.at(`${path}.members.${String(i)}`));
  const isFree = (i: number): boolean => !inUse.has(opened[i] ?? null) || opened[i] === undefined;
  const at = isFree(member) ? member : members.findIndex((_, i) => isFree(i));
  const described = structuredClone(members[at] ?? members[0]);
  if (described === undefined) throw wrongCall('the array has no members');
  const other = spare === undefined ? null : otherBottom(described, spare);
  const description = other === null ? described : standingOn(other, described);
  const own = other !== null ? undefined : (array.members[member]?.device ?? opened[at]);
  if (own !== undefined && !(force && (await isForeign(own, array, stack.pool)))) return own;
  // It is opened again.
  await own?.close();
  const missing: string[] = [];
  for (const file of filesOf(description))
    if (other !== null || (await fileSize(file.path)) === null) missing.push(file.path);
  await claimFiles(missing, made);
  return spareOn(stack, lacking, description, force);
}

/** What takes the place of a description's file or server; null when it is that. @throws ArgumentError `ERR_CALL` */
function otherBottom(description: DeviceDescription, spare: string): Bottom | null {
  const [own, ...more] = bottomsOf(description);
  if (own === undefined) throw wrongCall('--spare names a file, and the members are on none');
  if (more.length > 0) {
    const count = String(more.length + 1);
    throw wrongCall(`--spare names one file, and the member is on ${count}: describe those that are to have its place`);
  }
  if (/^nbds?(\+unix)?:/.test(spare)) {
    if (own.type !== 'nbd') return { type: 'nbd', uri: spare };
    return own.uri === spare ? null : { ...own, uri: spare };
  }
  if (own.type !== 'file') return { type: 'file', path: spare };
  return resolve(spare) === resolve(own.path) ? null : { ...own, path: spare };
}

/** A description that stands on something else. */
function standingOn(bottom: Bottom, device: DeviceDescription): DeviceDescription {
  if ('lower' in device) return { ...device, lower: standingOn(bottom, device.lower) };
  if ('members' in device) return { ...device, members: device.members.map((each) => standingOn(bottom, each)) };
  if (device.type !== 'linear') return device.type === 'file' || device.type === 'nbd' ? bottom : device;
  const segments = device.segments.map((each) => ({ ...each, device: standingOn(bottom, each.device) }));
  return { ...device, segments };
}

/** Opens a spare on its files, which are there and claimed: what is blank, or may be made so, is made anew. */
async function spareOn(
  { description: { strategy }, pool }: Stack,
  { array, member, members }: Lacking,
  device: DeviceDescription,
  force: boolean,
): Promise<BlockDevice> {
  const { openStack, rehearse } = await loadStack();
  const holding = await holdingsOf(device);
  const isAnew = holding.length === 0 || force;
  const lengths = await lengthsOf(device, members, isAnew);
  if (isAnew) {
    // It is seen to fit before anything is given up.
    await using standIn = await rehearse({ strategy, device }, { pool, create: true });
    array.checkSpare(member, standIn.top);
  }
  for (const [file, length] of lengths) {
    await truncate(file.path, 0);
    await truncate(file.path, length);
  }
  for (const file of filesOf(device)) delete file.size;
  // What holds zeroes is blank for all layers but those that look for a superblock.
  const create = isAnew && (holding.length > 0 || devicesOf(device).some(isJoining));
  const { top } = await openStack({ strategy, device }, { pool, create, blank: holding.length === 0 });
  try {
    if (isAnew || !(await isForeign(top, array, pool))) return top;
    throw new ArgumentError('ERR_EXISTS', holding[0]?.refusal ?? `${top.name} is of another array`);
  } catch (error) {
    await top.close();
    throw error;
  }
}

/**
 * How long files are to be made, which is described for the rehearsal: as long as the largest in the same place in a
 * member. Members may lack room, and need not fill it.
 * @param isAnew whether files are made that hold something, too
 * @throws ArgumentError `ERR_CALL` when nothing tells
 */
async function lengthsOf(
  device: DeviceDescription,
  members: readonly DeviceDescription[],
  isAnew: boolean,
): Promise<Map<FileDescription, number>> {
  const lengths = new Map<FileDescription, number>();
  const files = filesOf(device);
  for (const [i, file] of files.entries()) {
    if (await isBlockDevice(file.path)) {
      // It is as large as it is.
      delete file.size;
      continue;
    }
    if (!isAnew && (await fileSize(file.path))) continue;
    let length = file.size ?? 0;
    for (const fellows of members.map(filesOf)) {
      const fellow = fellows.length === files.length ? fellows[i] : undefined;
      if (fellow !== undefined) length = Math.max(length, (await fileSize(fellow.path)) ?? 0);
    }
    if (length === 0) throw wrongCall(`nothing tells how large ${file.path} has to be: describe its size`);
    file.size = length;
    lengths.set(file, length);
  }
  return lengths;
}

function bottomsOf(device: DeviceDescription): Bottom[] {
  return devicesOf(device).filter((each) => each.type === 'file' || each.type === 'nbd');
}

function isJoining(device: DeviceDescription): boolean {
  return 'members' in device || device.type === 'linear';
}

/** Whether a spare has never been a member of the array. */
async function isForeign(spare: BlockDevice, { uuid }: Mirror | Parity, pool: PagePool): Promise<boolean> {
  try {
    return (await readSuperblock(spare, pool))?.uuid !== uuid;
  } catch (error) {
    if (error instanceof IoError) return true;
    throw error;
  }
}
