import { forEach } from '../compound/for-each.js';
import type { Completion } from '../event/completion.js';
import type { Channel } from '../sync/channel.js';

/** What is used of an EventEmitter that emits. */
interface Emitting {
  emit(event: string | symbol, ...args: unknown[]): unknown;
}

/**
 * Emits what comes through a channel as events of an EventEmitter (the value is their argument) or EventTarget (the value
 * is their `detail`). Fails with `ERR_CHANNEL_CLOSED` once the channel is closed and empty, and with what a listener of
 * an EventEmitter throws; an EventTarget reports that itself. Cancelling it leaves the rest in the channel.
 */
export function toEvents(
  channel: Channel<unknown>,
  emitter: Emitting | EventTarget,
  event: string | symbol,
): Completion<number> {
  return forEach(
    () => channel.receiving(),
    (value) => {
      if ('emit' in emitter) emitter.emit(event, value);
      else emitter.dispatchEvent(new CustomEvent(String(event), { detail: value }));
    },
  );
}
