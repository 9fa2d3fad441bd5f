import type { Bottom } from './bottom.js';

/**
 * A stack that an experiment asks for, as plain data: what is to be there, and not how. An object that is met twice is one
 * device: pieces that wait in one queue name the same one.
 *
 * All layers keep the rules of I/O: bytes add up, the first error in time stands, a layer that transforms does so range by
 * range (I4), and a request settles only when nothing below can touch its pages any more (I5).
 */
export type Blueprint =
  | DevicePlan
  | PassPlan
  | StripePlan
  | LinearPlan
  | MirrorPlan
  | CryptPlan
  | ChecksumPlan
  | PackPlan
  | RetryPlan
  | QueuePlan
  | DeferPlan;

/** The bottom: transfers go to `bottom.transfer`. */
export interface DevicePlan {
  readonly kind: 'device';
  readonly bottom: Bottom;
}

/** Passes everything on as it is, and is told when it has ended. */
export interface PassPlan {
  readonly kind: 'pass';
  readonly over: Blueprint;
}

/** Chunks go round the members in turn (RAID-0). What lies within one chunk is passed on whole. */
export interface StripePlan {
  readonly kind: 'stripe';
  readonly over: readonly Blueprint[];
  /** Bytes on one member before the next is taken. */
  readonly chunk: number;
}

/** Runs of bytes of devices, one behind the other. What lies within one run is passed on whole. */
export interface LinearPlan {
  readonly kind: 'linear';
  readonly segments: readonly { readonly over: Blueprint; readonly start: number; readonly length: number }[];
}

/**
 * Every member holds all of the data. A write goes to every member and ends when all have; it fails with the first error
 * in time. A read goes to every member, each with memory of its own; the first to succeed wins, the others are asked to
 * cancel, and the request ends when all have, with the winner's bytes. A read that no member could do fails with the first
 * error in time.
 */
export interface MirrorPlan {
  readonly kind: 'mirror';
  readonly over: readonly Blueprint[];
}

/**
 * AES-XTS over sectors of 4096 bytes, whose number on this device is the tweak, little endian. What is written is
 * encrypted into memory of the layer's own; what was read is decrypted in place.
 */
export interface CryptPlan {
  readonly kind: 'crypt';
  readonly over: Blueprint;
  /** 64 bytes. */
  readonly key: Uint8Array;
}

/**
 * A CRC-32 of each block of 4096 bytes that was written, kept in memory. A block that was read and does not match fails
 * with `EIO`, and only that block. Blocks that were never written match anything.
 */
export interface ChecksumPlan {
  readonly kind: 'checksum';
  readonly over: Blueprint;
}

/**
 * Changes the size: each block of 4096 bytes takes 4608 below, a header of 512 with the block's number (64 bits, little
 * endian, the rest zeroes) and the block behind it. Both ways it needs memory of its own. A block that was read fails with
 * `EIO` when its header does not carry its number, unless the header is all zeroes: it was never written.
 */
export interface PackPlan {
  readonly kind: 'pack';
  readonly over: Blueprint;
}

/** Tries again, at once and up to `attempts` times, the blocks that failed with `EIO`; nobody above is told (N8). */
export interface RetryPlan {
  readonly kind: 'retry';
  readonly over: Blueprint;
  /** Further attempts, after the first. */
  readonly attempts: number;
}

/**
 * At most `depth` transfers run below, the others wait, first come, first served; a cancel may take these out (N14).
 * Reads, or writes, that wait and adjoin each other are sent as one transfer of up to `mergeBytes` when their turn has
 * come, and each ends with what became of its own part (N12, N13).
 */
export interface QueuePlan {
  readonly kind: 'queue';
  readonly over: Blueprint;
  readonly depth: number;
  /** Default 0: none are merged. */
  readonly mergeBytes?: number;
}

/** When an action runs that follows on something: in the same turn, in a microtask, or in a task of its own. */
export type When = 'inline' | 'microtask' | 'task';

/** Does its part of a completion, which is nothing, in the turn that it is told in or in a later one (N6). */
export interface DeferPlan {
  readonly kind: 'defer';
  readonly over: Blueprint;
  readonly when: When;
}

/** Bytes that a transforming layer works on as one unit, and what a packed one takes below. */
export const UNIT = 4096;
/** Bytes below of a packed {@link UNIT}. */
export const PACKED_UNIT: number = UNIT + 512;

/** What stands directly below a layer, in order; of a device nothing. */
export function lowersOf(blueprint: Blueprint): readonly Blueprint[] {
  switch (blueprint.kind) {
    case 'device':
      return [];
    case 'linear':
      return blueprint.segments.map(({ over }) => over);
    case 'stripe':
    case 'mirror':
      return blueprint.over;
    default:
      return [blueprint.over];
  }
}

/** The bottoms, each once, from left to right. */
export function bottomsOf(blueprint: Blueprint): Bottom[] {
  const seen = new Set<Blueprint>();
  const bottoms = new Set<Bottom>();
  const toVisit: Blueprint[] = [blueprint];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.kind === 'device') bottoms.add(next.bottom);
    toVisit.push(...[...lowersOf(next)].reverse());
  }
  return [...bottoms];
}

/** How big a stack is, in bytes. */
export interface Size {
  readonly size: number;
  /** Positions and lengths are multiples of it. */
  readonly blockSize: number;
}

/**
 * Makes something of a blueprint from the bottoms up, of each device once: `make` is given a device and a function that
 * answers what was made of one below. Does not recurse.
 */
export function foldUp<T>(blueprint: Blueprint, make: (plan: Blueprint, over: (lower: Blueprint) => T) => T): T {
  const made = new Map<Blueprint, T>();
  const over = (lower: Blueprint): T => made.get(lower) as T;
  const toVisit: Blueprint[] = [blueprint];
  for (let next = toVisit.at(-1); next !== undefined; next = toVisit.at(-1)) {
    const missing = lowersOf(next).filter((lower) => !made.has(lower));
    if (missing.length > 0) toVisit.push(...missing);
    else {
      if (!made.has(next)) made.set(next, make(next, over));
      toVisit.pop();
    }
  }
  return over(blueprint);
}

/** How big a stack is, for whoever builds it without the layers of wakechain. */
export function sizeOf(blueprint: Blueprint): Size {
  return foldUp<Size>(blueprint, (plan, over) => sizeOver(plan, lowersOf(plan).map(over)));
}

function sizeOver(blueprint: Blueprint, lowers: readonly Size[]): Size {
  const least = lowers.reduce((size, lower) => Math.min(size, lower.size), Infinity);
  const blockSize = lowers.reduce((largest, lower) => Math.max(largest, lower.blockSize), 0);
  switch (blueprint.kind) {
    case 'device':
      return { size: blueprint.bottom.size, blockSize: blueprint.bottom.blockSize };
    case 'stripe':
      return { size: Math.floor(least / blueprint.chunk) * blueprint.chunk * lowers.length, blockSize };
    case 'linear':
      return { size: blueprint.segments.reduce((sum, { length }) => sum + length, 0), blockSize };
    case 'crypt':
    case 'checksum':
      return { size: least - (least % UNIT), blockSize: UNIT };
    case 'pack':
      return { size: Math.floor(least / PACKED_UNIT) * UNIT, blockSize: UNIT };
    default:
      return { size: least, blockSize };
  }
}
