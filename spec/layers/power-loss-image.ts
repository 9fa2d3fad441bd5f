import { MemoryDevice } from '../../lib/devices/memory.js';
import type { Strategy } from '../../lib/io/io.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';
import { BLOCK } from './overlapping-load.js';

/**
 * What a disk may hold when the power is lost: each block that was not stable holds what it did before, or after; also
 * what was on its way.
 */
export function powerLossImage(disk: FaultyDevice, random: Random, strategy: Strategy): MemoryDevice {
  const { contents, stable, pending, size, name } = disk;
  const image = new MemoryDevice({ size, name, strategy });
  for (let at = 0; at < size; at += BLOCK) {
    image.contents.set((random.chance(50) ? contents : stable).subarray(at, at + BLOCK), at);
  }
  for (const op of pending) {
    if (op.operation !== 'write' && op.operation !== 'writeZeroes') continue;
    for (let done = 0; done < op.length; done += BLOCK) {
      if (random.chance(30)) image.contents.set(op.data(done, BLOCK), op.position + done);
    }
  }
  return image;
}
