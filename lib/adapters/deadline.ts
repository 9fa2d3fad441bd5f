import { ArgumentRangeError } from '../wait/errors.js';
import { Timer, type TimeoutOptions } from './timeout.js';

/**
 * Completes at a point in time, at once if that is past; years ahead if need be. A host's clock that is set while it
 * waits is not noticed before the timer fires.
 * @throws ArgumentRangeError `ERR_DELAY` when it is no point in time
 */
export function deadline(at: Date | number, options?: TimeoutOptions): Timer {
  const time = Number(at);
  if (!Number.isFinite(time))
    throw new ArgumentRangeError('ERR_DELAY', `at must be a point in time, got ${String(at)}`);
  return new Timer(time, options);
}
