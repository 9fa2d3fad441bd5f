import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync } from 'node:fs';

const losetup = (...args: string[]): string | null => {
  const { status, stdout } = spawnSync('losetup', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

/** Whether block devices can be made of files here. */
export const hasLoopDevices: boolean = losetup('-f') !== null;

/** Why a test of them does not run, for its title. */
export const noLoopDevices: string = hasLoopDevices ? '' : ' (skipped: there is no loop device to be had)';

/** Makes a block device of a new file, until it is given back. */
export function loopDevice(file: string, size: number): { readonly path: string; free(): void } {
  const fd = openSync(file, 'wx');
  ftruncateSync(fd, size);
  closeSync(fd);
  const path = losetup('-f', '--show', file);
  if (path === null) throw new Error(`no loop device for ${file}`);
  return { path, free: () => void losetup('-d', path) };
}
