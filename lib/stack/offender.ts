import { MemberError, OptionError, type BlockDevice } from '../io/index.js';
import type { DeviceDescription } from './device-description.js';

/**
 * The path of what a device was refused for: a field of its description, or a device that it stands on; its own where
 * that cannot be told.
 */
export function offenderOf(
  error: unknown,
  description: DeviceDescription,
  path: string,
  devices: ReadonlyMap<string, BlockDevice>,
): string {
  if (error instanceof MemberError) {
    for (const [at, device] of devices) if (device === error.device) return at;
  }
  const field = error instanceof Error ? fieldOf(error, description) : undefined;
  return field === undefined ? path : `${path}.${field}`;
}

function fieldOf(
  error: Error & { code?: string; syscall?: string },
  description: DeviceDescription,
): string | undefined {
  const { code, syscall } = error;
  if (code === 'ERR_NBD_URI') return 'uri';
  if (description.type === 'file' && syscall !== undefined) return 'path';
  if (description.type === 'crypt' && (code === 'ERR_KEY' || syscall !== undefined)) {
    return description.keyEnv === undefined || description.keyFile !== undefined ? 'keyFile' : 'keyEnv';
  }
  if (!(error instanceof OptionError)) return undefined;
  // Certificates and keys come from files.
  if (code === 'ERR_TLS') return error.option.replace(/\.(ca|cert|key)$/, '.$1File');
  // What was not given was not wrong: a size may be that of the device below.
  const [name = ''] = error.option.split('.', 1);
  return name in description ? error.option : undefined;
}
