import type { ByteRange } from './io-error.js';

/*
 * Success is not a prefix (N13). A header in flight carries the parts that failed, and only when something did; the parts
 * that succeeded are the rest.
 */

/**
 * The parts of a request of `length` bytes that are not in `failed` (in any order, possibly touching, overlapping, or
 * empty), apart from each other.
 */
export function complementOf(failed: readonly ByteRange[], length: number): ByteRange[] {
  const sorted = failed.filter((range) => range.length > 0).sort((a, b) => a.offset - b.offset);
  const succeeded: ByteRange[] = [];
  let end = 0;
  for (const range of sorted) {
    if (range.offset > end) succeeded.push({ offset: end, length: range.offset - end });
    end = Math.max(end, range.offset + range.length);
  }
  if (end < length) succeeded.push({ offset: end, length: length - end });
  return succeeded;
}

/** What is in `ranges` and not in `others`; all within `length` bytes. */
export function without(ranges: readonly ByteRange[], others: readonly ByteRange[], length: number): ByteRange[] {
  return complementOf([...complementOf(ranges, length), ...others], length);
}

/** What failed of a request that a device ended with `error` after `bytes`: nothing, or all behind them. */
export function tailAfter(bytes: number, length: number): ByteRange[] {
  return bytes < length ? [{ offset: bytes, length: length - bytes }] : [];
}

/** A piece's failures as its parent's, `shift` bytes further on, appended to `into`. */
export function shiftInto(into: ByteRange[], failures: readonly ByteRange[], shift: number): void {
  for (const range of failures) into.push({ offset: range.offset + shift, length: range.length });
}

/** The same in whole blocks, apart from each other: a device may have ended in the middle of one. */
export function inBlocks(ranges: readonly ByteRange[], blockSize: number, length: number): ByteRange[] {
  const widened = ranges.map((range) => {
    const start = range.offset - (range.offset % blockSize);
    return { offset: start, length: Math.ceil((range.offset + range.length) / blockSize) * blockSize - start };
  });
  return complementOf(complementOf(widened, length), length);
}

/** The bytes in ranges that are apart from each other. */
export function sumOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0);
}
