import type { Io } from '../io/io.js';
import type { PagePool, PageVector } from '../io/pages.js';

/**
 * XORs `length` bytes of `source`, from `from` on, into `target` at `at`. Ranges are in bytes and do not overlap. Eight
 * bytes at a time where both lie alike in memory, as pages do; byte by byte where they do not.
 */
export function xorInto(target: PageVector, at: number, source: PageVector, from: number, length: number): void {
  const targets = target.views(at, length);
  const sources = source.views(from, length);
  let [t, s, tDone, sDone] = [0, 0, 0, 0];
  for (let done = 0; done < length;) {
    const to = targets[t] as Uint8Array;
    const of = sources[s] as Uint8Array;
    const bytes = Math.min(to.length - tDone, of.length - sDone);
    xorBytes(to.subarray(tDone, tDone + bytes), of.subarray(sDone, sDone + bytes));
    done += bytes;
    tDone += bytes;
    sDone += bytes;
    if (tDone === to.length) [t, tDone] = [t + 1, 0];
    if (sDone === of.length) [s, sDone] = [s + 1, 0];
  }
}

/** XORs `source` into `target`, which are of one length. */
export function xorBytes(target: Uint8Array, source: Uint8Array): void {
  const { length } = target;
  // What stands in front of the first whole word of eight bytes, and what is left behind the last.
  const head = alike(target, source) ? Math.min(length, (8 - (target.byteOffset & 7)) & 7) : length;
  const words = (length - head) >> 3;
  for (let i = 0; i < head; i++) target[i] = (target[i] as number) ^ (source[i] as number);
  if (words > 0) {
    const to = new BigUint64Array(target.buffer, target.byteOffset + head, words);
    const of = new BigUint64Array(source.buffer, source.byteOffset + head, words);
    for (let i = 0; i < words; i++) to[i] = (to[i] as bigint) ^ (of[i] as bigint);
  }
  for (let i = head + words * 8; i < length; i++) target[i] = (target[i] as number) ^ (source[i] as number);
}

function alike(a: Uint8Array, b: Uint8Array): boolean {
  return (a.byteOffset & 7) === (b.byteOffset & 7);
}

/** Copies `length` bytes of `source`, from `from` on, to `target` at `at`, without a copy in between. */
export function copyInto(target: PageVector, at: number, source: PageVector, from: number, length: number): void {
  let done = 0;
  for (const view of source.views(from, length)) {
    target.set(view, at + done);
    done += view.length;
  }
}

/** A header's data in pages of the layer's own, which nobody above can change. @throws IoError `ENOMEM` */
export function copyOf({ pages, offset, length }: Io, pool: PagePool): PageVector {
  const copy = pool.allocate(length);
  if (pages !== null) copyInto(copy, 0, pages, offset, length);
  return copy;
}
