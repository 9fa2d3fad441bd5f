import { lstat, rename, unlink, link } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { ArgumentRangeError } from '../wait/errors.js';

/** Bytes that the path of a Unix socket may have; the system's own. What is longer Node cuts off without a word. */
const PATH_BYTES = process.platform === 'linux' ? 107 : process.platform === 'win32' ? Infinity : 103;

/** What is wrong with a path as that of a Unix socket, or null. */
export function socketPathFault(path: string): string | null {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0) return 'it is empty';
  return bytes <= PATH_BYTES ? null : `it has ${String(bytes)} bytes, and the system takes ${String(PATH_BYTES)}`;
}

/** Refuses a path that cannot be one of a Unix socket. @throws ArgumentRangeError `ERR_SOCKET_PATH` */
export function checkSocketPath(path: string): void {
  const fault = socketPathFault(path);
  if (fault !== null) throw new ArgumentRangeError('ERR_SOCKET_PATH', `path must be that of a Unix socket: ${fault}`);
}

/**
 * Why listening at a path has failed, as far as that can be found out: Node takes a folder that is not there for one that may
 * not be written to.
 */
export async function whyNotThere(path: string, error: unknown): Promise<unknown> {
  if ((error as NodeJS.ErrnoException).code !== 'EACCES') return error;
  return lstat(dirname(path)).then(
    () => error,
    (reason: unknown) => reason,
  );
}

/**
 * Clears away the file of a Unix socket that nobody listens at, which a process leaves that was killed. Answers whether
 * there is room now; what is no socket, and what somebody answers at, stays. Of several who clear away the same file one
 * at most takes the other's for it, and puts it back.
 */
export async function clearStale(path: string): Promise<boolean> {
  const before = await identityOf(path);
  if (before === null || !(await isRefused(path))) return false;
  // Another may have cleared it away by now, and listen there itself: what is taken away is looked at again.
  const aside = `${path}.${String(process.pid)}`;
  try {
    await rename(path, aside);
    const same = (await identityOf(aside)) === before;
    if (!same) await link(aside, path);
    await unlink(aside);
    return same;
  } catch {
    return false;
  }
}

/** What identifies the file of a socket, or null when there is none. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const found = await lstat(path, { bigint: true });
    // The time, too: the number of a file that is gone is given to another.
    return found.isSocket() ? [found.dev, found.ino, found.mtimeNs].join() : null;
  } catch {
    return null;
  }
}

/** Whether nobody listens: a server that is busy, or that may not be asked, does not refuse in this way. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });
}
