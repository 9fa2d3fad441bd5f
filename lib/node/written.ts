import { fromEmitter } from '../adapters/from-emitter.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import type { WritableLike } from './drained.js';
import { overError } from './stream-closed.js';

/** What is used of a Writable that is written to. */
export interface WrittenLike extends WritableLike {
  readonly closed?: boolean;
  write(chunk: never, callback: (error?: Error | null) => void): unknown;
}

/**
 * Writes a chunk, at once, and completes when the stream has passed it on: who waits for each never has more than one
 * chunk in memory. Fails with the stream's error, or with StateError `ERR_STREAM_CLOSED` when it was ended, or closes,
 * before. What was written cannot be taken back: `cancel` answers `requested`, and the write has its outcome. An `error`
 * event that belongs to the write is handled by this.
 * @throws TypeError what the stream's `write` throws of a chunk that it does not take
 */
export function written(stream: WrittenLike, chunk: unknown): Completion {
  const completion = new Completion();
  if (stream.destroyed === true || stream.writableEnded === true) {
    completion.fail(overError(stream, 'it was written to'));
    return completion;
  }
  const [failure, close] = [fromEmitter(stream, 'error'), fromEmitter(stream, 'close')];
  completion.onCancel(() => false);
  completion.add(
    tidyEntry(() => {
      // One that failed says so once more, by an event, which would be nobody's.
      if (completion.state === 'failed' && stream.closed !== true) return;
      failure.cancel();
      close.cancel();
    }),
  );
  failure.notify(({ state }) => {
    if (state === 'done') completion.fail(failure.value[0]);
    close.cancel();
  });
  close.notify(({ state }) => {
    if (state === 'done') completion.fail(overError(stream, 'the chunk was written'));
    failure.cancel();
  });
  try {
    stream.write(chunk as never, (error) => {
      if (error === null || error === undefined) completion.complete();
      else completion.fail(stream.errored ?? error);
    });
  } catch (error) {
    // Nothing was written, and the stream goes on.
    failure.cancel();
    close.cancel();
    throw error;
  }
  return completion;
}
