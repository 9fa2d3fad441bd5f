import { StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf } from '../io/ranges.js';
import { ChecksumLayout } from './checksum-table.js';
import { readParts } from './read-parts.js';
import { SCRUB_CHUNK, type ScrubOptions, type ScrubReport } from './scrub.js';
import { Findings } from './scrub-findings.js';

/**
 * Reads every block as a caller would, which verifies it. There is nothing here to repair one with: that is for a layer
 * above that has the data elsewhere, and writes it.
 */
export async function scrubChecksum(
  checksum: BlockDevice,
  lower: BlockDevice,
  pool: PagePool,
  options: ScrubOptions,
): Promise<ScrubReport> {
  const findings = new Findings(checksum.name);
  const layout = new ChecksumLayout(lower);
  const { size, blockSize } = checksum;
  const pages = pool.allocate(Math.max(SCRUB_CHUNK, blockSize));
  try {
    for (let at = 0; at < size;) {
      options.signal?.throwIfAborted();
      if (checksum.closed) throw new StateError('ERR_CLOSED', `${checksum.name} was closed while it was scrubbed`);
      const length = Math.min(pages.length, size - at);
      const good = await readParts(checksum, pages.range(0, length), at, blockSize);
      for (const bad of complementOf(good, length)) {
        for (let offset = bad.offset; offset < bad.offset + bad.length; offset += blockSize) {
          const position = at + offset;
          const kind = (await isReadable(lower, layout, pages, position)) ? 'mismatched' : 'unreadable';
          findings.add({ kind, member: null, position, length: blockSize, repaired: false });
        }
      }
      at += length;
      findings.checked = at;
      options.onProgress?.(at, size);
    }
  } finally {
    pages.free();
  }
  return findings;
}

/** Whether the device below can give a block, and the block of the table that has its sum. */
async function isReadable(
  lower: BlockDevice,
  layout: ChecksumLayout,
  pages: PageVector,
  position: number,
): Promise<boolean> {
  const { blockSize, tableStart } = layout;
  const table = tableStart + layout.tableBlocks(position, blockSize).first * blockSize;
  for (const at of [position, table]) {
    const read = await readParts(lower, pages.range(0, blockSize), at, blockSize);
    if (complementOf(read, blockSize).length > 0) return false;
  }
  return true;
}
