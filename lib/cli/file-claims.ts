import { once } from 'node:events';
import { rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { ArgumentError } from '../wait/errors.js';
import { wrongCall } from './stack-flags.js';

/** Files that this process has claimed, by device and inode, and what holds the claim where something does. */
const claimed = new Map<string, Server | null>();

/**
 * Keeps files for this process, however it ends. A claim is the name of an abstract socket, which the kernel takes back
 * with the process, so that none is left over. Only Linux has these, and each network namespace, as of a container, has
 * names of its own; elsewhere it is only seen that none is named twice.
 * @param options `make`: make files that are not there, empty, so that these are claimed as well; else it is only seen
 *   that none of them is named twice. Default false
 * @returns the paths of the files that were made
 * @throws ArgumentError `ERR_CALL` for a file that is named twice or claimed already, `ERR_IN_USE` for one that another
 *   process has claimed; the system's error when it cannot be told which file a path is, or one cannot be made. Nothing
 *   is claimed then, and what was made is removed
 */
export async function claimFiles(
  paths: readonly string[],
  { make = false }: { make?: boolean } = {},
): Promise<string[]> {
  const seen = new Set(claimed.keys());
  for (const path of paths) {
    const identity = (await identityOf(path)) ?? resolve(path);
    if (seen.has(identity)) throw namedTwice(path);
    seen.add(identity);
  }
  const made: string[] = [];
  const before = new Set(claimed.keys());
  try {
    for (const path of paths) {
      const isMade = make && (await makeFile(path));
      const identity = await identityOf(path);
      if (identity === null) continue;
      // One that somebody else has claimed meanwhile is his, whoever made it.
      await claim(path, identity);
      if (isMade) made.push(path);
    }
  } catch (error) {
    for (const path of made) await rm(path, { force: true });
    for (const identity of claimed.keys()) if (!before.has(identity)) release(identity);
    throw error;
  }
  return made;
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

/** Makes an empty file, if there is none. Answers whether it has. */
async function makeFile(path: string): Promise<boolean> {
  try {
    await writeFile(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function namedTwice(path: string): Error {
  return wrongCall(`every member needs a file of its own: ${path} is one of the stack already`);
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
