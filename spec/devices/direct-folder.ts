import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What takes direct I/O to any memory, so that nothing can be seen there. */
const TMPFS = 0x01021994;

/** Where a new folder on a disk file system can be made: the place for temporary files, else this package's own. */
const place = [tmpdir(), fileURLToPath(new URL('../..', import.meta.url))].find(
  (path) => statfsSync(path).type !== TMPFS,
);

/** A new folder on a disk file system, gone when the process ends, or null where there is none. */
export function newDirectFolder(): string | null {
  if (place === undefined) return null;
  const folder = mkdtempSync(join(place, '.wakechain-direct-'));
  // Specs ask for it before they run, and where none is run nothing is run after them either.
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
