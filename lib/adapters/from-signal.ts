import { Completion } from '../event/completion.js';
import { hubOfSignal } from '../event/signal-hub.js';

/**
 * A completion of the signal's abort: it completes with the signal's reason, as an event that came, so that it can be a
 * branch of a choice. To *cancel* something when a signal aborts, use its `signal` option or `cancelOn`. However many
 * are made of one signal, it is given one listener, and none once nobody waits.
 */
export function fromSignal(signal: AbortSignal): Completion<unknown> {
  const completion = new Completion<unknown>();
  hubOfSignal(signal).forward(completion, { own: false });
  return completion;
}
