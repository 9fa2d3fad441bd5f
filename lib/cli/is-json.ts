import { open } from 'node:fs/promises';

/**
 * Whether a file begins as an object in JSON does; no more of it is read, as it may be a disk.
 * @throws the system's error, with the path
 */
export async function isJson(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead).toString('latin1').trimStart().startsWith('{');
  } catch (error) {
    // Of a folder, which can be opened: the error of a read names none.
    const { message, code } = error as NodeJS.ErrnoException;
    throw Object.assign(new Error(`${message} '${path}'`, { cause: error }), { code, path });
  } finally {
    await file.close();
  }
}
