import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { ArgumentError } from '../wait/errors.js';
import { wrongCall } from './stack-flags.js';

/** Files that this process has claimed, by device and inode, and what holds the claim where something does. */
const claimed = new Map<string, Server | null>();

/**
 * Keeps files for this process, however it ends. A claim is the name of an abstract socket, which the kernel takes back
 * with the process, so that none is left over. Only Linux has these, and each network namespace, as of a container, has
 * names of its own; elsewhere, and for files that are not there yet, it is only seen that none is named twice.
 * @throws ArgumentError `ERR_CALL` for a file that is named twice or claimed already, `ERR_IN_USE` for one that another
 *   process has claimed; the system's error when it cannot be told which file a path is
 */
export async function claimFiles(paths: readonly string[]): Promise<void> {
  const found = await Promise.all(paths.map(async (path) => ({ path, is: await identityOf(path) })));
  const seen = new Set(claimed.keys());
  for (const { path, is } of found) {
    const identity = is ?? resolve(path);
    if (seen.has(identity))
      throw wrongCall(`every member needs a file of its own: ${path} is one of the stack already`);
    seen.add(identity);
  }
  for (const { path, is } of found) if (is !== null) await claim(path, is);
}

/** @internal Gives all of them back, for a process that goes on without its files. */
export function releaseFiles(): void {
  for (const name of claimed.values()) name?.close();
  claimed.clear();
}

async function claim(path: string, identity: string): Promise<void> {
  const name = process.platform === 'linux' ? createServer().unref() : null;
  if (name !== null) {
    try {
      await once(name.listen(`\0wakechain ${identity}`), 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new ArgumentError('ERR_IN_USE', `${path} is in use by another wakechain command`);
    }
  }
  claimed.set(identity, name);
}

/** Which file it is, by whatever path; null when it is not there. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
