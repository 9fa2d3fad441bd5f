import { forEach } from '../compound/for-each.js';
import type { Completion } from '../event/completion.js';
import type { Channel } from '../sync/channel.js';

/**
 * Posts what comes through a channel to a MessagePort or worker. Fails with `ERR_CHANNEL_CLOSED` once the channel is
 * closed and empty; cancelling it leaves the rest in the channel.
 */
export function toPort(channel: Channel<unknown>, port: { postMessage(value: unknown): void }): Completion<number> {
  return forEach(
    () => channel.receiving(),
    (value) => {
      port.postMessage(value);
    },
  );
}
