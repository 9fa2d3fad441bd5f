import { stat } from 'node:fs/promises';

/** Bytes of a file, or null when it is not there. @throws the system's error when that cannot be told */
export async function fileSize(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
