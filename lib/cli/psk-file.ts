import { readFile } from 'node:fs/promises';
import { wrongCall } from './stack-flags.js';

/**
 * Reads pre-shared keys as `psktool` of GnuTLS writes them: lines of `name:hex digits`, without those that are empty or
 * begin with `#`.
 * @throws ArgumentError `ERR_CALL` naming the line that is none; the key is not told
 */
export async function readPsk(path: string): Promise<Map<string, Uint8Array>> {
  const keys = new Map<string, Uint8Array>();
  const text = await readFile(path, 'utf8');
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', digits = ''] = /^([^:]+):((?:[0-9a-f]{2})+)\s*$/i.exec(line) ?? [];
    if (name === '') throw wrongCall(`${path}: line ${String(i + 1)} is not name:hex digits`);
    keys.set(name, Buffer.from(digits, 'hex'));
  }
  if (keys.size === 0) throw wrongCall(`${path} holds no key`);
  return keys;
}
