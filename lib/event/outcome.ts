import { StateError } from '../wait/errors.js';
import type { WaitEntry } from '../wait/entry.js';
import type { ReusableCompletion } from './completion.js';
import { currentLayer, settle } from './settle.js';
import { CALLING, CANCELLED, CANCEL_ASKED, DONE, FAILED, HELD, KIND, SETTLED } from './marks.js';

/** Goes on with a held chain; false when it was resumed before. */
export type Resume = () => boolean;

/**
 * What a layer is given: the outcome that was claimed and that nobody above has seen yet (C2), to be changed, held or
 * taken back (C3). Valid while the completion is completing; afterwards its methods throw StateError `ERR_OUTCOME`.
 */
export class Outcome<T> {
  /** The completion this is the outcome of. */
  readonly completion: ReusableCompletion<T>;
  private readonly epoch: number;
  /** @internal The layer that holds the chain. */
  holder: WaitEntry | null = null;
  /** @internal */
  askHolder: ((reason: unknown) => void) | null = null;
  /** What ends the present hold; null when nothing is held. */
  private resume: Resume | null = null;

  /** @internal */
  constructor(completion: ReusableCompletion<T>) {
    this.completion = completion;
    this.epoch = completion.epoch;
  }

  /** How the operation ended, as the layers so far have left it. */
  get status(): 'done' | 'failed' | 'cancelled' {
    const kind = this.checked().marks & KIND;
    return kind === DONE ? 'done' : kind === FAILED ? 'failed' : 'cancelled';
  }

  /** The value; throws the error when there is none, so that a layer written for success passes failures on. */
  get value(): T {
    const completion = this.checked();
    if ((completion.marks & KIND) !== DONE) throw completion.shownError();
    return completion.result as T;
  }

  /** The error or, of a cancelled one, an AbortError or the signal's reason; undefined when the operation succeeded. */
  get error(): unknown {
    const completion = this.checked();
    return (completion.marks & KIND) === DONE ? undefined : completion.shownError();
  }

  /** Replaces the outcome by a value. */
  succeed(value: T): void {
    this.checked().replace(DONE, value);
  }

  /** Replaces the outcome by an error. */
  fail(error: unknown): void {
    this.checked().replace(FAILED, error);
  }

  /**
   * Holds the chain: the layers above, the settlement and the waiters run once the returned function is called. With
   * `until` it is called for the layer: `until` runs at once, and the chain goes on when its promise is fulfilled, or
   * with its error when it is rejected. `onCancel` is asked once if somebody cancels meanwhile (C5).
   * @throws StateError `ERR_OUTCOME` when the chain is held already, or outside of a layer
   */
  hold(until?: (() => PromiseLike<unknown>) | null, onCancel?: (reason: unknown) => void): Resume {
    const completion = this.checked();
    if ((completion.marks & (CALLING | HELD)) !== CALLING) {
      throw new StateError('ERR_OUTCOME', 'hold() belongs in a layer that is being called and does not hold yet');
    }
    completion.marks |= HELD;
    this.holder = currentLayer();
    this.askHolder = onCancel ?? null;
    if (this.holder !== null) completion.insert(this.holder, 0, true);
    const resume = (): boolean => {
      if (!this.isHeldBy(resume)) return false;
      this.release();
      if ((completion.marks & CALLING) === 0) settle(completion);
      return true;
    };
    this.resume = resume;
    if (until) this.resumeAfter(until, resume);
    return resume;
  }

  /**
   * Takes the completion back to pending, so that the operation is tried again; the layers above are not told (C3, N8).
   * This layer stays queued and sees the next outcome. Returns the new epoch: the operation completes through it, and a
   * late completer of the life before gets false. Legal only once nothing below can touch the operation's memory.
   * @throws StateError `ERR_REARM` outside of a layer that is called or holds, or after a cancel was asked for
   */
  rearm(): number {
    const completion = this.checked();
    if ((completion.marks & (CALLING | HELD)) === 0) {
      throw new StateError('ERR_REARM', 'rearm() belongs in a layer that is being called or holds');
    }
    if ((completion.marks & CANCEL_ASKED) !== 0 || (completion.marks & KIND) === CANCELLED) {
      throw new StateError('ERR_REARM', 'A completion that was asked to cancel is not tried again');
    }
    const layer = this.holder ?? currentLayer();
    if (layer !== null && layer.queue === null) completion.insert(layer, 0, true);
    this.holder = this.askHolder = this.resume = null;
    return completion.startLife();
  }

  /** Whether this outcome is still the completion's own, and not settled. */
  private get isCurrent(): boolean {
    const { marks, epoch } = this.completion;
    return epoch === this.epoch && (marks & SETTLED) === 0;
  }

  /** @internal Whether `resume` is what would end the present hold. */
  isHeldBy(resume: Resume): boolean {
    return this.resume === resume && this.isCurrent;
  }

  private checked(): ReusableCompletion<T> {
    if (!this.isCurrent) throw new StateError('ERR_OUTCOME', 'The outcome belongs to the layers, until it has settled');
    return this.completion;
  }

  /** @internal */
  release(): void {
    const { completion, holder } = this;
    completion.marks &= ~HELD;
    if (holder !== null) completion.remove(holder);
    this.holder = this.askHolder = this.resume = null;
  }

  private resumeAfter(until: () => PromiseLike<unknown>, resume: Resume): void {
    try {
      until().then(resume, (error: unknown) => {
        if (this.isHeldBy(resume)) this.fail(error);
        resume();
      });
    } catch (error) {
      this.release();
      throw error;
    }
  }
}
