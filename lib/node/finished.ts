import { finished as whenFinished, type Stream } from 'node:stream';
import { errback } from '../adapters/errback.js';
import { tidyEntry } from '../event/callbacks.js';
import type { Completion } from '../event/completion.js';

/** A Node stream of any kind. */
export interface StreamLike {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

/**
 * Completes when a stream has ended, been written out or closed as it should, and fails with its error or when it closes
 * before its time (`ERR_STREAM_PREMATURE_CLOSE`). Cancelling it takes its listeners off.
 */
export function finished(stream: StreamLike): Completion<unknown> {
  let leave = (): void => undefined;
  const completion = errback<unknown>(
    (callback) => (leave = whenFinished(stream as unknown as Stream as never, callback)),
  );
  completion.add(
    tidyEntry(() => {
      leave();
    }),
  );
  return completion;
}
