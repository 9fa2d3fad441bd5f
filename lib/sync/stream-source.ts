import { WaitQueue } from '../wait/queue.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, tell, type Pollable } from './pollable.js';

/** What is used of a Node stream or socket. */
interface StreamLike {
  on(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
  read?(size: number): unknown;
  readonly readable?: boolean;
  readonly readableLength?: number;
  readonly readableEnded?: boolean;
  readonly writable?: boolean;
  readonly writableNeedDrain?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: unknown;
}

/** Events of a stream, and what it has become ready for. */
const EVENTS: readonly (readonly [string, number])[] = [
  ['readable', POLLIN],
  ['end', POLLIN | POLLHUP],
  ['drain', POLLOUT],
  ['connect', POLLOUT],
  ['error', POLLERR | POLLHUP],
  ['close', POLLHUP],
];

/**
 * A Node stream or socket as a source for a {@link Poller}: POLLIN while `read()` gives something or the end, POLLOUT
 * while `write()` takes more without asking to wait, POLLERR when it has failed, POLLHUP when it is over. The stream is
 * read by `read()` from then on (it does not flow), and its `error` event counts as handled. Disposing it takes its
 * listeners off.
 */
export class StreamSource implements Pollable {
  readonly readiness: WaitQueue = new WaitQueue();
  readonly stream: StreamLike;
  private readonly listeners: readonly (readonly [string, () => void])[];

  constructor(stream: StreamLike) {
    this.stream = stream;
    this.listeners = EVENTS.map(([event, mask]) => [
      event,
      (): void => {
        // The end is announced as readable with nothing to read; the stream ends once somebody has tried.
        if (event === 'readable' && stream.readableLength === 0) stream.read?.(0);
        tell(this.readiness, mask);
      },
    ]);
    for (const [event, listener] of this.listeners) {
      if (event !== 'readable' || 'readableLength' in stream) stream.on(event, listener);
    }
  }

  ready(): number {
    const { readableLength = 0, readableEnded, writable, writableNeedDrain, destroyed, errored } = this.stream;
    const failed = errored !== undefined && errored !== null;
    return (
      (readableLength > 0 || readableEnded === true ? POLLIN : 0) |
      (writable === true && writableNeedDrain !== true ? POLLOUT : 0) |
      (failed ? POLLERR : 0) |
      (destroyed === true || (readableEnded === true && writable !== true) ? POLLHUP : 0)
    );
  }

  [Symbol.dispose](): void {
    for (const [event, listener] of this.listeners) this.stream.removeListener(event, listener);
  }
}
