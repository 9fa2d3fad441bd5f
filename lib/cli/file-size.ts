import { stat } from 'node:fs/promises';
import { blockDeviceSize } from '../devices/block-device.js';
import { wrongCall } from './stack-flags.js';

/**
 * Bytes of a file or block device, or null when it is not there.
 * @throws ArgumentError `ERR_CALL` for a folder, a pipe or the like; the system's error when it cannot be told
 */
export async function fileSize(path: string): Promise<number | null> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile() && !found.isBlockDevice()) throw wrongCall(`${path} is neither a file nor a block device`);
    return found.isBlockDevice() ? await blockDeviceSize(path, found.rdev) : Number(found.size);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
