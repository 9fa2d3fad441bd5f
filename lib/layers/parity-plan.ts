import type { ChunkPart, ParityMap } from './parity-map.js';

/** Bytes of a member's chunk in a stripe. */
export interface ChunkRange {
  readonly member: number;
  /** Bytes from the start of the chunk. */
  readonly within: number;
  readonly length: number;
}

/**
 * How a write within one stripe comes by its new parity:
 * - `data only`: the member that has the parity is missing
 * - `full stripe`: all data is new
 * - `modify`: old data and old parity are read, and the difference goes into the parity (read-modify-write)
 * - `reconstruct`: the data that stays is read, and the parity made anew (reconstruct-write)
 * - `recover`: everything but one member is read, that one computed, and the parity made anew
 */
export type WriteKind = 'data only' | 'full stripe' | 'modify' | 'reconstruct' | 'recover';

export interface WritePlan {
  readonly kind: WriteKind;
  /** What is read before anything is written. */
  readonly reads: readonly ChunkRange[];
}

/**
 * The part of each chunk that a write concerns: from the first byte touched in any chunk to the last. Parity is read and
 * written for it.
 */
export function hullOf(parts: readonly ChunkPart[]): { from: number; length: number } {
  const from = Math.min(...parts.map(({ within }) => within));
  const to = Math.max(...parts.map(({ within, length }) => within + length));
  return { from, length: to - from };
}

/**
 * The cheapest way to write `parts`, counted in bytes read, when `missing` cannot be read (null: all can).
 * `reconstruct` wins a tie: it does not build on the old parity.
 */
export function planWrite(
  map: ParityMap,
  stripe: number,
  parts: readonly ChunkPart[],
  missing: number | null,
): WritePlan {
  if (missing === map.parityOf(stripe)) return { kind: 'data only', reads: [] };
  const { length } = hullOf(parts);
  const written = parts.reduce((sum, part) => sum + part.length, 0);
  const kept = length * (map.members - 1) - written;
  if (kept === 0) return { kind: 'full stripe', reads: [] };

  const lost = parts.find(({ member }) => member === missing);
  const modify = missing === null ? written + length < kept : lost === undefined;
  if (modify) return planModify(map, stripe, parts);
  // What stays of the missing member would be needed to make the parity.
  if (lost !== undefined && lost.length < length) return planRecovery(map, stripe, parts, lost.member);
  return { kind: 'reconstruct', reads: keptBy(map, stripe, parts) };
}

/**
 * Ways to write `parts` where the parity may be wrong, each for when the one before cannot read what it needs. Nothing is
 * computed from the parity. It is made anew, or modified, and stays as wrong as it was, or modified only where it is known
 * to be right, and means nothing elsewhere. None when something of `missing` would have to be computed.
 * @param certain the parts of a range where the parity is right
 */
export function plansInDoubt(
  map: ParityMap,
  stripe: number,
  parts: readonly ChunkPart[],
  missing: number | null,
  certain: (range: ChunkRange) => readonly ChunkRange[],
): WritePlan[] {
  const plan = planWrite(map, stripe, parts, missing);
  if (plan.kind === 'recover') return [];
  const isNeeded = parts.some(({ member }) => member === missing);
  if (plan.kind === 'data only' || plan.kind === 'full stripe' || isNeeded) return [plan];
  const modify = planModify(map, stripe, parts);
  const rest: WritePlan = { kind: 'modify', reads: modify.reads.flatMap(certain) };
  return missing === null ? [{ kind: 'reconstruct', reads: keptBy(map, stripe, parts) }, modify, rest] : [modify, rest];
}

/** A way to write `parts` that reads only what it writes over, with the parity for it: what that lacks it goes on to lack. */
function planModify(map: ParityMap, stripe: number, parts: readonly ChunkPart[]): WritePlan {
  const old = parts.map(({ member, within, length }) => ({ member, within, length }));
  const { from, length } = hullOf(parts);
  return { kind: 'modify', reads: [...old, { member: map.parityOf(stripe), within: from, length }] };
}

/** A way to write `parts` that reads nothing of `without`, at the cost of reading all others. */
export function planRecovery(map: ParityMap, stripe: number, parts: readonly ChunkPart[], without: number): WritePlan {
  const { from, length } = hullOf(parts);
  const parity = map.parityOf(stripe);
  const reads: ChunkRange[] = [];
  for (let index = 0; index < map.members - 1; index++) {
    const member = map.memberOf(stripe, index);
    if (member !== without) reads.push({ member, within: from, length });
  }
  if (without !== parity) reads.push({ member: parity, within: from, length });
  return { kind: 'recover', reads };
}

/** The data in the hull that a write leaves as it is. */
function keptBy(map: ParityMap, stripe: number, parts: readonly ChunkPart[]): ChunkRange[] {
  const { from, length } = hullOf(parts);
  const reads: ChunkRange[] = [];
  for (let index = 0; index < map.members - 1; index++) {
    const member = map.memberOf(stripe, index);
    const part = parts.find((each) => each.member === member);
    const start = part?.within ?? from + length;
    const end = part === undefined ? from + length : part.within + part.length;
    if (start > from) reads.push({ member, within: from, length: start - from });
    if (end < from + length) reads.push({ member, within: end, length: from + length - end });
  }
  return reads;
}
