import { crc32 } from 'node:zlib';
import { ArgumentError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';

/*
 * What a layer over several devices writes down about itself on each of them, as Linux md does: who belongs together, in
 * which order, who is up to date, and where members may disagree after a crash. Unlike md's there are two copies at the
 * start of a member, and a write goes over the one that does not hold (superblock-copies.ts): one that is torn damages one
 * copy, and the one before it is still there. Numbers are little endian.
 *
 *      0  magic        8 bytes        48  sequence                 u64
 *      8  CRC-32       u32            56  data start, bytes        u64
 *     12  version      u32            64  data size, bytes         u64
 *     16  uuid         16 bytes       72  chunk, bytes, or 0       u64
 *     32  role         u16            80  region size, bytes       u64
 *     34  index        u16           128  states, one byte each    64 bytes
 *     36  members      u16          1024  dirty regions, a bit each, lowest first
 *     38  layout       u16          3072  zeroes
 *     40  generation   u64          4096  end
 *
 * From 192 on, since version 2: for each member the bytes of it that are rebuilt, u64; 64 of them. Version 1 has zeroes
 * there, so that it is read as one whose rebuild has not begun. Stripe and linear are of version 3, which others do not
 * take for no superblock.
 */

/** Bytes of one copy. */
export const SUPERBLOCK_SIZE = 4096;
/** How many regions the map of dirty ones has at most. */
export const MAX_REGIONS = 16384;
/** How many members a superblock has room for. */
export const MAX_MEMBERS = 64;

const MAGIC = 'wakechai';
const VERSION = 3;
/** That of a mirror and of a parity. */
const REDUNDANT_VERSION = 2;
const STATES_AT = 128;
const REBUILT_AT = 192;
const DIRTY_AT = 1024;
const DIRTY_BYTES = MAX_REGIONS / 8;

/** One of the two copies, by its place. */
export type Copy = 0 | 1;

export type Role = 'mirror' | 'parity' | 'stripe' | 'linear';

/** In sync: holds everything. Rebuilding: is written to, not yet read from. Failed: dropped, or never there. */
export type MemberState = 'in-sync' | 'rebuilding' | 'failed';

const ROLES: readonly Role[] = ['mirror', 'parity', 'stripe', 'linear'];
const STATES: readonly MemberState[] = ['in-sync', 'rebuilding', 'failed'];

/** What lies on one member of an array: whose it is, and in which state all members were. */
export interface Superblock {
  readonly role: Role;
  /** Of the whole; equal on all members. Lower-case with dashes. */
  readonly uuid: string;
  /** This member's place among the members, from 0. */
  readonly index: number;
  readonly memberCount: number;
  /** Free for the role: how data lies on the members. */
  readonly layout: number;
  /** Advanced whenever a member's state changes: one that has missed that has a lower number. */
  readonly generation: number;
  /** Advanced with each writing: of two copies the higher one holds. */
  readonly sequence: number;
  /** Byte position on the member where data begins. */
  readonly dataStart: number;
  /** Bytes of data on the member. */
  readonly dataSize: number;
  /** Bytes that lie together on one member, 0 where that means nothing. */
  readonly chunk: number;
  /** Bytes of the member's data that one bit of `dirty` stands for. */
  readonly regionSize: number;
  /** Of each member, by index. */
  readonly states: readonly MemberState[];
  /** Of each member that is being rebuilt: bytes of data, from the start, that it holds for certain. Default 0. */
  readonly rebuilt: readonly number[];
  /** The regions where members may disagree: a bit each, lowest first; at most `MAX_REGIONS / 8` bytes. */
  readonly dirty: Uint8Array;
}

/** The bytes of one copy. What does not fit its field is the caller's bug and a RangeError. */
export function encodeSuperblock(superblock: Superblock): Uint8Array {
  const { states, dirty, memberCount } = superblock;
  if (states.length !== memberCount || memberCount > MAX_MEMBERS || dirty.length > DIRTY_BYTES) {
    throw new RangeError(
      `A superblock has room for ${String(MAX_MEMBERS)} members and ${String(DIRTY_BYTES)} bytes of regions, ` +
        `got ${String(memberCount)} members, ${String(states.length)} states, ${String(dirty.length)} bytes`,
    );
  }
  const bytes = new Uint8Array(SUPERBLOCK_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  const redundant = superblock.role === 'mirror' || superblock.role === 'parity';
  view.setUint32(12, redundant ? REDUNDANT_VERSION : VERSION, true);
  bytes.set(Buffer.from(superblock.uuid.replaceAll('-', ''), 'hex'), 16);
  view.setUint16(32, ROLES.indexOf(superblock.role), true);
  view.setUint16(34, superblock.index, true);
  view.setUint16(36, memberCount, true);
  view.setUint16(38, superblock.layout, true);
  const { generation, sequence, dataStart, dataSize, chunk, regionSize } = superblock;
  for (const [i, value] of [generation, sequence, dataStart, dataSize, chunk, regionSize].entries()) {
    view.setBigUint64(40 + 8 * i, BigInt(value), true);
  }
  for (const [i, state] of states.entries()) bytes[STATES_AT + i] = STATES.indexOf(state);
  for (const [i, done] of superblock.rebuilt.entries()) view.setBigUint64(REBUILT_AT + 8 * i, BigInt(done), true);
  bytes.set(dirty, DIRTY_AT);
  view.setUint32(8, crc32(bytes), true);
  return bytes;
}

/**
 * What one copy says; null when it is none, or torn.
 * @throws ArgumentError `ERR_SUPERBLOCK_VERSION` for one of a version that is not known here
 */
export function decodeSuperblock(bytes: Uint8Array): Superblock | null {
  const copy = Uint8Array.from(bytes.subarray(0, SUPERBLOCK_SIZE));
  if (copy.length < SUPERBLOCK_SIZE || new TextDecoder().decode(copy.subarray(0, 8)) !== MAGIC) return null;
  const view = new DataView(copy.buffer);
  const sum = view.getUint32(8, true);
  view.setUint32(8, 0, true);
  if (crc32(copy) !== sum) return null;
  const version = view.getUint32(12, true);
  if (version > VERSION) {
    throw new ArgumentError(
      'ERR_SUPERBLOCK_VERSION',
      `The superblock is of version ${String(version)}, what is known here is up to ${String(VERSION)}`,
    );
  }
  const role = ROLES[view.getUint16(32, true)];
  const memberCount = view.getUint16(36, true);
  const states = [...copy.subarray(STATES_AT, STATES_AT + memberCount)].map((code) => STATES[code] ?? 'failed');
  if (role === undefined || memberCount > MAX_MEMBERS) return null;
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  return {
    role,
    uuid: Buffer.from(copy.subarray(16, 32))
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    index: view.getUint16(34, true),
    memberCount,
    layout: view.getUint16(38, true),
    generation: number(40),
    sequence: number(48),
    dataStart: number(56),
    dataSize: number(64),
    chunk: number(72),
    regionSize: number(80),
    states,
    rebuilt: states.map((_, i) => number(REBUILT_AT + 8 * i)),
    dirty: copy.slice(DIRTY_AT, DIRTY_AT + DIRTY_BYTES),
  };
}

/** Bytes from one copy to the other, on a member of this block size. */
export function copySize(blockSize: number): number {
  return Math.max(SUPERBLOCK_SIZE, blockSize);
}

/** Where a copy is on a member, in bytes. */
export function copyPosition(blockSize: number, copy: Copy): number {
  return copy * copySize(blockSize);
}

/** Where data begins behind both copies, on members of at most this block size. */
export function dataStartFor(blockSize: number): number {
  return 2 * copySize(blockSize);
}

/**
 * What the newer one of a member's two copies says, which lie by its own block size; null when neither is one.
 * @throws IoError when the member is too small for it (`ENXIO`), or neither copy can be read; `ENOMEM`; ArgumentError
 *   `ERR_SUPERBLOCK_VERSION`
 */
export async function readSuperblock(device: BlockDevice, pool: PagePool): Promise<Superblock | null> {
  return (await readNewest(device, pool))?.superblock ?? null;
}

/** A superblock, and which copy it was found in. */
export interface Found {
  readonly superblock: Superblock;
  readonly copy: Copy;
}

/** The newer one of a member's two copies. Throws as {@link readSuperblock}. */
export async function readNewest(device: BlockDevice, pool: PagePool): Promise<Found | null> {
  const { blockSize } = device;
  if (device.size < dataStartFor(blockSize)) {
    throw new IoError('ENXIO', { message: `${device.name} has no room for a superblock` });
  }
  const size = copySize(blockSize);
  const pages = pool.allocate(size);
  const failures: unknown[] = [];
  let newest: Found | null = null;
  try {
    for (const copy of [0, 1] as const) {
      try {
        // A short transfer ends behind the first zeroes, which the checksum tells.
        const bytes = await device.read(pages.range(0, size), { position: copyPosition(blockSize, copy) });
        const superblock = bytes === size ? decodeSuperblock(pages.bytes()) : null;
        if (superblock !== null && superblock.sequence > (newest?.superblock.sequence ?? -1)) {
          newest = { superblock, copy };
        }
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        failures.push(error);
      }
    }
  } finally {
    pages.free();
  }
  if (failures.length === 2) throw failures[1];
  return newest;
}
