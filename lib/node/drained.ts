import { fromEmitter } from '../adapters/from-emitter.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import type { StreamLike } from './finished.js';
import { overError } from './stream-closed.js';

const BEFORE = 'it would take more';

/** What is used of a Writable. */
export interface WritableLike extends StreamLike {
  readonly writableNeedDrain?: boolean;
  readonly writableEnded?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: unknown;
}

/**
 * Completes when a stream takes more: at once, unless a `write` has answered false. Fails with the stream's error, or
 * with StateError `ERR_STREAM_CLOSED` when it closes, or was ended, before. However many wait, the stream has one
 * listener of each kind.
 */
export function drained(stream: WritableLike): Completion {
  const completion = new Completion();
  const isOver = stream.destroyed === true || stream.writableEnded === true;
  if (isOver) completion.fail(overError(stream, BEFORE));
  else if (stream.writableNeedDrain !== true) completion.complete();
  if (completion.settled) return completion;
  const drain = fromEmitter(stream, 'drain');
  // One that is ended meanwhile does not say that it would take more, and need not close.
  const over = ['finish', 'close'].map((event) => fromEmitter(stream, event));
  drain.notify(({ state, error }) => {
    if (state === 'done') completion.complete();
    else if (state === 'failed') completion.fail(error);
  });
  for (const each of over) {
    each.notify(({ state }) => {
      if (state === 'done') completion.fail(overError(stream, BEFORE));
    });
  }
  completion.add(
    tidyEntry(() => {
      for (const each of [drain, ...over]) each.cancel();
    }),
  );
  return completion;
}
