import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { ArgumentError } from '../wait/errors.js';
import type { MadeFiles } from './made-files.js';
import { wrongCall } from './stack-flags.js';

/** Files that this process has claimed, by device and inode, and what holds the claim where something does. */
const claimed = new Map<string, Server | null>();

/**
 * Keeps files for this process, however it ends. A claim is the name of an abstract socket, which the kernel takes back
 * with the process, so that none is left over. Only Linux has these, and each network namespace, as of a container, has
 * names of its own; elsewhere it is only seen that none is named twice.
 * @param made makes files that are not there, empty, so that these are claimed as well; else it is only seen that none of
 *   them is named twice
 * @throws ArgumentError `ERR_CALL` for a file that is named twice or claimed already, `ERR_IN_USE` for one that another
 *   process has claimed; the system's error when it cannot be told which file a path is, or one cannot be made. Nothing
 *   is claimed then; what was made is the caller's to remove
 */
export async function claimFiles(paths: readonly string[], made?: MadeFiles): Promise<void> {
  const seen = new Set(claimed.keys());
  for (const path of paths) {
    const identity = identityOf(path) ?? resolve(path);
    if (seen.has(identity)) throw namedTwice(path);
    seen.add(identity);
  }
  const before = new Set(claimed.keys());
  try {
    for (const path of paths) {
      const isMade = made?.make(path) === true;
      const identity = identityOf(path);
      if (identity === null) continue;
      try {
        await claim(path, identity);
      } catch (error) {
        // One that somebody else has claimed meanwhile is his, whoever made it.
        if (isMade && (error as { code?: string }).code === 'ERR_IN_USE') made.leave(path);
        throw error;
      }
    }
  } catch (error) {
    for (const identity of claimed.keys()) if (!before.has(identity)) release(identity);
    throw error;
  }
}

/** @internal Gives all of them back, for a process that goes on without its files. */
export function releaseFiles(): void {
  for (const identity of claimed.keys()) release(identity);
}

function release(identity: string): void {
  claimed.get(identity)?.close();
  claimed.delete(identity);
}

async function claim(path: string, identity: string): Promise<void> {
  if (claimed.has(identity)) throw namedTwice(path);
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

function namedTwice(path: string): Error {
  return wrongCall(`every member needs a file of its own: ${path} is one of the stack already`);
}

/** Which file it is, by whatever path; null when it is not there. It blocks: nothing comes between making one and this. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return null;
  // A block device may have several nodes.
  return found.isBlockDevice() ? `block ${String(found.rdev)}` : `${String(found.dev)}:${String(found.ino)}`;
}
