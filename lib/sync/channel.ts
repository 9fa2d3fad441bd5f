import { ArgumentRangeError, StateError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { leavable } from '../compound/leavable.js';
import { POLLHUP, POLLIN, POLLOUT, tell, type Pollable } from './pollable.js';
import { Taking } from './taking.js';
import { Takers, type AcquireOptions } from './takers.js';

/** A value in a box, so that every value, also undefined, can be told from none. */
export interface Received<T> {
  readonly value: T;
}

/** A value that a branch received, and which reception it was. */
interface Reception<T> {
  readonly box: Received<T>;
  readonly reception: number;
}

/**
 * Hands values from senders to receivers, first come, first served. With capacity 0 a sender meets a receiver; with more
 * so many values wait; with Infinity senders never do. Closing it lets receivers have what was sent, and then ends
 * them. Can be polled, and iterated: `for await (const value of channel)`.
 *
 * A value that was handed to a receiver which is cancelled, or loses, in that same turn stays here, with capacity 0 too:
 * its sender has sent, the next receiver gets it first, and until then there is no room for another.
 */
export class Channel<T> implements Pollable, AsyncIterable<T> {
  readonly readiness: WaitQueue = new WaitQueue();
  readonly capacity: number;
  private readonly receivers = new Takers();
  private readonly senders = new Takers();
  private readonly sent: (Received<T> | null)[] = [];
  /** Values of `sent` that were received. */
  private gone = 0;
  private ended = false;
  /** What it was closed with, if it was because of an error. */
  private failure: { readonly error: unknown } | null = null;
  /** Of the values in front that were given back, when each was received. */
  private readonly returned: number[] = [];
  /** Receptions so far. */
  private receptions = 0;
  /** With capacity 0: somebody receives without waiting. */
  private visited = false;

  /** @throws ArgumentRangeError `ERR_CAPACITY` unless `capacity` is a whole number from 0 up, or Infinity */
  constructor(capacity = 0) {
    if (capacity !== Infinity && (!Number.isSafeInteger(capacity) || capacity < 0)) {
      throw new ArgumentRangeError(
        'ERR_CAPACITY',
        `capacity must be a whole number from 0 up, or Infinity, got ${String(capacity)}`,
      );
    }
    this.capacity = capacity;
  }

  /** Values that were sent and not received. */
  get length(): number {
    return this.sent.length - this.gone;
  }

  /** Whether it was closed; values may be left. */
  get closed(): boolean {
    return this.ended;
  }

  /**
   * Sends, when there is room or, with capacity 0, a receiver. Who leaves early has not sent.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with StateError `ERR_CHANNEL_CLOSED`, the signal's reason or a
   *   TimeoutError
   */
  async send(value: T, options?: AcquireOptions): Promise<void> {
    const box = { value };
    const waiting = this.senders.take(() => this.put(box), options);
    this.tellMeeting();
    await waiting;
  }

  /**
   * Sending, as a branch of a compound: of a choice, only the winner sends. Fails with `ERR_CHANNEL_CLOSED`. What was
   * sent cannot be taken back.
   * @throws ArgumentRangeError `ERR_DELAY`
   */
  sending(value: T, options?: AcquireOptions): Taking<void> {
    const box = { value };
    const taking: Taking<void> = new Taking(
      this.senders,
      {
        take: () => this.push(box, taking),
        value: () => undefined,
        taken: () => {
          this.pushed();
        },
        giveBack: () => undefined,
        prompt: () => {
          this.tellMeeting();
        },
      },
      options,
    );
    return taking;
  }

  /** Sends now; false when it would have to wait. @throws StateError `ERR_CHANNEL_CLOSED` */
  trySend(value: T): boolean {
    if (this.ended) throw this.closedError();
    return !this.senders.active && this.put({ value });
  }

  /**
   * Receives the oldest value, when there is one. Who leaves early has received nothing.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with StateError `ERR_CHANNEL_CLOSED` when it is closed and empty,
   *   the signal's reason or a TimeoutError
   */
  async receive(options?: AcquireOptions): Promise<T> {
    const waiting = this.receivers.take(() => this.taken(), options);
    this.meetSenders();
    return (await waiting).value;
  }

  /**
   * Receiving, as a branch of a compound: of a choice, only the winner receives. A value that nobody has use for is the
   * next to be received; several keep their order. Fails with `ERR_CHANNEL_CLOSED` when it is closed and empty.
   * @throws ArgumentRangeError `ERR_DELAY`
   */
  receiving(options?: AcquireOptions): Taking<T> {
    const claim = {
      take: () => {
        const box = this.pull();
        return box === null ? null : { box, reception: ++this.receptions };
      },
      value: ({ box }: Reception<T>) => box.value,
      taken: () => {
        this.pulled();
      },
      giveBack: ({ box, reception }: Reception<T>) => {
        // Behind what was received before it, which may have been given back before it.
        const { returned } = this;
        const later = returned.findIndex((other) => other > reception);
        const place = later < 0 ? returned.length : later;
        returned.splice(place, 0, reception);
        this.sent.splice(this.gone + place, 0, box);
        this.pushed();
      },
      prompt: () => {
        this.meetSenders();
      },
    };
    return new Taking(this.receivers, claim, options);
  }

  /** Receives now; null when it would have to wait, or it is closed and empty. */
  tryReceive(): Received<T> | null {
    if (this.receivers.active) return null;
    this.visited = true;
    this.senders.serveNow();
    this.visited = false;
    return this.length > 0 ? this.taken() : null;
  }

  /**
   * No more is sent: senders that wait fail, receivers get what is left and then fail: with StateError
   * `ERR_CHANNEL_CLOSED`, or with `error` if it is given. A second call does nothing.
   */
  close(failure?: { error: unknown }): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure ?? null;
    this.senders.serve();
    this.receivers.serve();
    tell(this.readiness, POLLHUP);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * What is left, and what will be sent, until it is closed. Several loops share the values. Leaving one, also while it
   * waits, takes nothing more.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const left = new AbortController();
    return leavable(this.values(left.signal), () => {
      left.abort();
    });
  }

  private async *values(left: AbortSignal): AsyncGenerator<T, void, undefined> {
    while (!this.ended || this.length > 0 || this.failure !== null) {
      let value: T;
      try {
        value = await this.receive({ signal: left });
      } catch (error) {
        if (left.aborted && error === left.reason) return;
        if (this.ended && this.length === 0 && this.failure === null) return;
        throw error;
      }
      yield value;
    }
  }

  ready(): number {
    const { length } = this;
    const room = this.capacity === 0 ? this.receivers.active : length < this.capacity;
    const values = length > 0 || (this.capacity === 0 && this.senders.active);
    return (values ? POLLIN : 0) | (room && !this.ended ? POLLOUT : 0) | (this.ended ? POLLHUP : 0);
  }

  /** @throws StateError when it is closed */
  private put(box: Received<T>): boolean {
    const put = this.push(box);
    if (put) this.pushed();
    return put;
  }

  /** @throws StateError when it is closed */
  private push(box: Received<T>, sender?: Taking<void>): boolean {
    if (this.ended) throw this.closedError();
    const room = this.capacity === 0 ? this.length === 0 && this.isMet(sender) : this.length < this.capacity;
    if (room) this.sent.push(box);
    return room;
  }

  /** @internal Sends now; when there is no room the oldest value makes some, also one that somebody is about to receive. */
  protected sendDropping(value: T): void {
    if (this.length >= this.capacity) this.pull();
    this.put({ value });
  }

  private pushed(): void {
    this.receivers.serve();
    if (this.length > 0) tell(this.readiness, POLLIN);
  }

  /** Whether a receiver is there, other than one that the sender competes with. */
  private isMet(sender: Taking<void> | undefined): boolean {
    if (this.visited) return true;
    if (sender === undefined) return this.receivers.active;
    for (const { data } of this.receivers) if (!(data instanceof Taking) || !sender.isRivalOf(data)) return true;
    return false;
  }

  /** A receiver is in line: with capacity 0 a sender goes on because of that. */
  private meetSenders(): void {
    this.senders.serve();
    this.tellMeeting();
  }

  /** With capacity 0 who waits on one side is what those who poll for the other wait for. */
  private tellMeeting(): void {
    if (this.capacity !== 0 || this.ended) return;
    if (this.senders.active) tell(this.readiness, POLLIN);
    if (this.receivers.active) tell(this.readiness, POLLOUT);
  }

  /** @throws StateError when it is closed and empty */
  private taken(): Received<T> | null {
    const box = this.pull();
    if (box !== null) this.pulled();
    return box;
  }

  /** @throws StateError when it is closed and empty */
  private pull(): Received<T> | null {
    if (this.length === 0) {
      if (this.ended) throw this.closedError();
      return null;
    }
    this.returned.shift();
    const box = this.sent[this.gone] as Received<T>;
    this.sent[this.gone++] = null;
    // Let go of in blocks, so that receiving costs O(1) on average however many wait.
    if (this.gone * 2 >= this.sent.length) {
      this.sent.splice(0, this.gone);
      this.gone = 0;
    }
    return box;
  }

  private pulled(): void {
    this.senders.serve();
    tell(this.readiness, POLLOUT);
  }

  private closedError(): unknown {
    return this.failure === null ? new StateError('ERR_CHANNEL_CLOSED', 'The channel is closed') : this.failure.error;
  }
}
