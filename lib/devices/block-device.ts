import { readFile, stat } from 'node:fs/promises';
import { OptionError } from '../io/option-error.js';

/** What Linux counts sizes in, whatever the blocks are. */
const UNIT = 512;

/** Whether a path is that of a block device of the kernel, such as a disk or a loop device; false when it is not there. */
export async function isBlockDevice(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isBlockDevice();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Bytes of a block device, which its file does not tell.
 * @param rdev the device's number, as `stat` tells it
 * @throws OptionError `ERR_SIZE` where there is no `/sys` to tell: only Linux has it
 */
export async function blockDeviceSize(path: string, rdev: bigint): Promise<number> {
  // The bits of both numbers are laid out as in glibc's makedev.
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  try {
    return Number(await readFile(`/sys/dev/block/${String(major)}:${String(minor)}/size`, 'latin1')) * UNIT;
  } catch (cause) {
    const why = `must be that of a file: how large the block device ${path} is cannot be told here`;
    throw Object.assign(new OptionError('ERR_SIZE', 'path', why), { cause });
  }
}
