import type { BlockDevice } from '../io/device.js';
import type { ByteRange } from '../io/io-error.js';
import type { PageRange } from '../io/pages.js';
import { complementOf, inBlocks } from '../io/ranges.js';
import { merged } from './mirror-array.js';

/**
 * Reads a range of a device into the layer's own pages, and then block by block what has failed, for a device may fail
 * the whole of it for one of them. Answers the parts that were read, in bytes from its start. Never rejects.
 */
export async function readParts(
  device: BlockDevice,
  { pages, offset, length }: PageRange,
  position: number,
  blockSize: number,
): Promise<readonly ByteRange[]> {
  const good = await attempt(device, { pages, offset, length }, position);
  const missing = complementOf(good, length);
  if (missing.length === 0 || length <= blockSize) return good;
  const parts = [...good];
  for (const range of inBlocks(missing, blockSize, length)) {
    for (let at = range.offset; at < range.offset + range.length; at += blockSize) {
      const block = { pages, offset: offset + at, length: blockSize };
      for (const part of await attempt(device, block, position + at)) {
        parts.push({ offset: at + part.offset, length: part.length });
      }
    }
  }
  return merged(parts);
}

async function attempt(device: BlockDevice, range: PageRange, position: number): Promise<readonly ByteRange[]> {
  try {
    const request = device.read(range, { position });
    await new Promise<void>((resolve) => request.notify(() => resolve()));
    return request.succeeded;
  } catch {
    return []; // It was refused, most likely because it was closed.
  }
}
