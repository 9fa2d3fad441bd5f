import { readFile } from 'node:fs/promises';
import { OptionError } from '../io/index.js';

/** Where a key comes from: a file that holds its bytes, or a variable of the environment that holds them as hex digits. */
export interface KeySource {
  readonly keyFile?: string | undefined;
  readonly keyEnv?: string | undefined;
}

/**
 * Reads a key.
 * @throws OptionError `ERR_KEY` unless there is just one source, or for a variable that is not set or no hex digits; the
 *   system's error when the file cannot be read
 */
export async function keyOf({ keyFile, keyEnv }: KeySource): Promise<Uint8Array> {
  if ((keyFile === undefined) === (keyEnv === undefined)) {
    const got = keyFile === undefined ? 'neither' : 'both';
    throw new OptionError('ERR_KEY', 'keyFile', `or keyEnv must say where the key is, one of them, got ${got}`);
  }
  if (keyFile !== undefined) return readFile(keyFile);
  const digits = process.env[keyEnv ?? '']?.trim();
  if (digits !== undefined && /^([0-9a-f]{2})+$/i.test(digits)) return Buffer.from(digits, 'hex');
  const is = digits === undefined ? 'is not set' : 'holds something else';
  throw new OptionError('ERR_KEY', 'keyEnv', `must name a variable with a key as hex digits, ${keyEnv ?? ''} ${is}`);
}
