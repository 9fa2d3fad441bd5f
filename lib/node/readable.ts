import { hubOfEmitter } from '../adapters/emitter-hub.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import { WaitEntry, WOKEN } from '../wait/entry.js';
import type { ReadableLike } from './reading.js';
import { overError } from './stream-closed.js';

/**
 * Completes when `read()` of a stream gives something: with `true`, or with `false` when it has ended. Fails with the
 * stream's error, or with StateError `ERR_STREAM_CLOSED` when it closes before its end. It only looks: who else reads may
 * have been there first; to read when something has come use {@link reading}. However many wait, the stream has one
 * listener of each kind, and none when all have settled. The stream must not flow.
 */
export function readable(stream: ReadableLike): Completion<boolean> {
  const completion = new Completion<boolean>();
  const look = (): void => {
    if ((stream.errored ?? null) !== null) completion.fail(stream.errored);
    else if (stream.readableEnded) completion.complete(false);
    else if (stream.destroyed === true) completion.fail(overError(stream, 'its end'));
    else if (stream.readableLength > 0) completion.complete(true);
  };
  look();
  if (completion.settled) return completion;
  const entries = ['readable', 'end', 'error', 'close'].map((event) => {
    const entry = new WaitEntry(() => {
      // The end is announced as readable with nothing to read; the stream ends once somebody has tried.
      if (event === 'readable' && stream.readableLength === 0) stream.read(0);
      look();
      return WOKEN;
    });
    hubOfEmitter(stream, event).add(entry);
    return entry;
  });
  completion.add(
    tidyEntry(() => {
      for (const entry of entries) entry[Symbol.dispose]();
    }),
  );
  return completion;
}
