import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';

interface Emitter {
  on(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string | symbol, listener: (...args: unknown[]) => void): unknown;
}

/**
 * The next `event` of an EventEmitter (value: its arguments) or EventTarget (value: `[event]`). An `error` event that
 * comes first fails it, unless `error` is what was asked for. When it settles, however it does, its listeners are gone;
 * cancelling it only stops listening.
 */
export function fromEmitter(emitter: Emitter | EventTarget, event: string | symbol): Completion<unknown[]> {
  const completion = new Completion<unknown[]>();
  const came = (...args: unknown[]): void => {
    completion.complete(args);
  };
  const failed = (error: unknown): void => {
    completion.fail(error);
  };
  const change = (verb: 'add' | 'remove'): void => {
    if ('on' in emitter) {
      const method = verb === 'add' ? 'on' : 'removeListener';
      emitter[method](event, came);
      if (event !== 'error') emitter[method]('error', failed);
      return;
    }
    const method = verb === 'add' ? 'addEventListener' : 'removeEventListener';
    emitter[method](String(event), came);
    if (event !== 'error') emitter[method]('error', failed);
  };
  change('add');
  completion.add(
    tidyEntry(() => {
      change('remove');
    }),
  );
  return completion;
}
