import { stat } from 'node:fs/promises';
import { blockDeviceSize } from '../devices/block-device.js';

/** Bytes of a file or block device, or null when it is not there. @throws the system's error when that cannot be told */
export async function fileSize(path: string): Promise<number | null> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isBlockDevice() ? await blockDeviceSize(path, found.rdev) : Number(found.size);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
