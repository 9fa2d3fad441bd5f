import { UNIT } from '../blueprint.js';
import type { TraceOperation } from './operation.js';

/** An operation where it lies on the one device of a replay. */
export interface Placed {
  readonly operation: TraceOperation['operation'];
  readonly position: number;
  readonly length: number;
}

/** What is in one request at most. */
const MOST_BYTES = 1 << 20;
/** How far apart on the device of a replay things may lie. */
const MOST_SIZE = 64 << 20;

/**
 * Puts all that a trace touches on one device: in blocks of 4096 bytes, those of a file or disk together and in their
 * order, without the gaps between them. What does not fit on 64 MiB goes on from the start. Longer operations than of
 * 1 MiB are several; those of no byte are left out.
 */
export function placed(operations: readonly TraceOperation[]): { size: number; operations: Placed[] } {
  const touched = new Map<string, Set<number>>();
  for (const { device, offset, length } of operations) {
    if (length === 0) continue;
    const blocks = touched.get(device) ?? new Set();
    touched.set(device, blocks);
    for (let block = Math.floor(offset / UNIT); block * UNIT < offset + length; block++) blocks.add(block);
  }
  const places = new Map<string, Map<number, number>>();
  let next = 0;
  for (const [device, blocks] of touched) {
    places.set(device, new Map([...blocks].sort((a, b) => a - b).map((block) => [block, next++])));
  }
  const size = Math.max(UNIT, Math.min(next * UNIT, MOST_SIZE));
  const found = operations.flatMap(({ operation, device, offset, length }): Placed[] => {
    if (operation === 'flush') return [{ operation, position: 0, length: 0 }];
    if (length === 0) return [];
    const place = places.get(device)?.get(Math.floor(offset / UNIT)) ?? 0;
    const start = (place * UNIT) % size;
    const blocks = Math.ceil((offset + length) / UNIT) - Math.floor(offset / UNIT);
    return pieces(start, blocks * UNIT, size).map((piece) => ({ operation, ...piece }));
  });
  return { size, operations: found };
}

function pieces(start: number, length: number, size: number): { position: number; length: number }[] {
  const found: { position: number; length: number }[] = [];
  for (let done = 0; done < length;) {
    const position = (start + done) % size;
    const bytes = Math.min(length - done, MOST_BYTES, size - position);
    found.push({ position, length: bytes });
    done += bytes;
  }
  return found;
}
