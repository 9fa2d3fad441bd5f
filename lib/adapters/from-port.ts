import type { Channel } from '../sync/channel.js';
import type { Emitter } from './emitter-hub.js';
import { fromEvents, type EventsOptions } from './from-events.js';

/**
 * The messages of a MessagePort, a worker, or a worker's own port, as a channel. It ends when the port closes or the
 * worker exits, and fails when the worker does or a message cannot be read. As {@link fromEvents}.
 */
export function fromPort<T = unknown>(
  port: Emitter | EventTarget,
  options: Pick<EventsOptions<T>, 'capacity' | 'overflow' | 'signal'> = {},
): Channel<T> {
  const channel = fromEvents<T>(port, 'message', {
    ...options,
    end: ['close', 'exit'],
    fail: ['messageerror'],
    // Emitters bring the message itself, event targets an event around it.
    value: (message) => ('on' in port ? message : (message as { data: unknown }).data) as T,
  });
  if ('start' in port && typeof port.start === 'function') (port.start as () => void)();
  return channel;
}
