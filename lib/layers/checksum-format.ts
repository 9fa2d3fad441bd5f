import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';
import type { ChecksumLayout } from './checksum-table.js';

/** Bytes that are written at a time. */
const STEP = 64 * 1024;

/** Makes the table one of blocks that were never written. @throws IoError when it cannot be written */
export async function emptyTable(lower: BlockDevice, layout: ChecksumLayout, pool: PagePool): Promise<void> {
  const { tableStart, tableSize, blockSize } = layout;
  const step = Math.max(blockSize, Math.min(tableSize, STEP));
  const zeroes = pool.allocate(step);
  zeroes.set(new Uint8Array(step));
  try {
    for (let at = 0; at < tableSize; at += step) {
      const length = Math.min(step, tableSize - at);
      const written = await lower.write(zeroes.range(0, length), { position: tableStart + at });
      if (written < length) throw new IoError('EIO', { message: `the table on ${lower.name} was written short` });
    }
    await lower.flush();
  } finally {
    zeroes.free();
  }
}
