import { StateError } from '../wait/errors.js';

/** What the wait for a stream that is over fails with: the stream's own error, if it has one. */
export function overError(stream: { readonly errored?: unknown }, before: string): unknown {
  return stream.errored ?? new StateError('ERR_STREAM_CLOSED', `The stream closed before ${before}`);
}
