import { readFile } from 'node:fs/promises';
import { ArgumentError } from '../wait/errors.js';
import type { NbdClientTls } from '../nbd/index.js';
import type { TlsDescription } from './device-description.js';

/**
 * What the files hold that are named for TLS.
 * @throws ArgumentError `ERR_KEY` for a pre-shared key that is no hex digits; the system's error for what cannot be read
 */
export async function tlsOf({ caFile, certFile, keyFile, serverName, psk }: TlsDescription): Promise<NbdClientTls> {
  return {
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certFile !== undefined && { cert: await readFile(certFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
    ...(serverName !== undefined && { serverName }),
    ...(psk !== undefined && { psk: { identity: psk.identity, key: await sharedKey(psk.keyFile) } }),
  };
}

async function sharedKey(path: string): Promise<Uint8Array> {
  const digits = (await readFile(path, 'latin1')).trim();
  if (/^([0-9a-f]{2})+$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new ArgumentError('ERR_KEY', `${path} must hold a pre-shared key as hex digits`);
}
