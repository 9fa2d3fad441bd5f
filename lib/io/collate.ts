import type { Io } from './io.js';
import { complementOf, shiftInto, tailAfter } from './ranges.js';
import type { ByteRange } from './io-error.js';

/**
 * Adds a piece's outcome to its parent's: the sum of bytes, the first error in time, and which parts failed (I4).
 * `ECANCELED` is an error like any other: it neither masks one that came before nor is masked later.
 */
export function collate(parent: Io, piece: Io, shift: number): void {
  parent.bytes += piece.bytes;
  // What was not transferred is missing from the parent's parts, also when the device calls a short transfer a success.
  if (piece.failure === null && piece.failedRanges === null && piece.bytes >= piece.length) return;
  parent.failure ??= piece.failure;
  shiftInto((parent.failedRanges ??= []), piece.failedRanges ?? tailAfter(piece.bytes, piece.length), shift);
}

/** The parts of a header's range that hold the right data. */
export function succeededRanges(io: Io): ByteRange[] {
  return complementOf(io.failedRanges ?? tailAfter(io.bytes, io.length), io.length);
}
