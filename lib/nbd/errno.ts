import { IoError, type IoErrorCode } from '../io/io-error.js';
import { StateError } from '../wait/errors.js';

/*
 * Errors on the wire are numbers: those of Linux, on every system. There are fewer than here, so that some become EIO,
 * and what comes back is told by the nearest name.
 */

export const EPERM = 1;
export const EIO = 5;
const ENOMEM = 12;
export const EINVAL = 22;
export const ENOSPC = 28;
export const EOVERFLOW = 75;
export const ENOTSUP = 95;
export const ESHUTDOWN = 108;

const numbers: Partial<Record<IoErrorCode, number>> = {
  EROFS: EPERM,
  ENOMEM,
  EINVAL,
  ENOSPC,
  EOPNOTSUPP: ENOTSUP,
  // Somebody else's cancel: the server's own, when it is shut down.
  ECANCELED: ESHUTDOWN,
};

const codes: ReadonlyMap<number, IoErrorCode> = new Map<number, IoErrorCode>([
  [EPERM, 'EROFS'],
  [ENOMEM, 'ENOMEM'],
  [EINVAL, 'EINVAL'],
  [ENOSPC, 'ENOSPC'],
  [EOVERFLOW, 'EINVAL'],
  [ENOTSUP, 'EOPNOTSUPP'],
  [ESHUTDOWN, 'ENXIO'],
]);

/** How an errno name goes over the wire. */
export function errnoOf(code: IoErrorCode): number {
  return numbers[code] ?? EIO;
}

/** Why a device does not take a request, by what it has thrown. */
export function errnoOfThrown(error: unknown): number {
  if (error instanceof IoError) return errnoOf(error.code);
  return error instanceof StateError ? ESHUTDOWN : EINVAL;
}

/** What a number from the wire is called here; one that the protocol does not have counts as EIO. */
export function codeOf(errno: number): IoErrorCode {
  return codes.get(errno) ?? 'EIO';
}
