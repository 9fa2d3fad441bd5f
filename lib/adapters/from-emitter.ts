import { WaitEntry, WOKEN } from '../wait/entry.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import { hubOfEmitter, type Emitter } from './emitter-hub.js';

/**
 * The next `event` of an EventEmitter (value: its arguments) or EventTarget (value: `[event]`). An `error` event that
 * comes first fails it, unless `error` is what was asked for. It listens before this returns, so an event that is emitted
 * in the same turn is not missed. However many wait for one event of one emitter, it has one listener for it, and one for
 * `error`, and none when all have settled; cancelling it only stops listening.
 */
export function fromEmitter(emitter: Emitter | EventTarget, event: string | symbol): Completion<unknown[]> {
  const completion = new Completion<unknown[]>();
  const came = new WaitEntry((_entry, args) => (completion.complete(args as unknown[]), WOKEN), { once: true });
  const failed = new WaitEntry((_entry, args) => (completion.fail((args as unknown[])[0]), WOKEN), { once: true });
  hubOfEmitter(emitter, event).add(came);
  if (event !== 'error') hubOfEmitter(emitter, 'error').add(failed);
  completion.add(
    tidyEntry(() => {
      came[Symbol.dispose]();
      failed[Symbol.dispose]();
    }),
  );
  return completion;
}
