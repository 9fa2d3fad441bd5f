import { succeededRanges } from '../collate.js';
import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { ended, type Ending } from '../endings.js';
import type { IoClass } from '../io-class.js';
import type { ByteRange, IoError } from '../io-error.js';
import type { Io, Operation, OwnIo, Split } from '../io.js';
import { callDone, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import type { Slot } from '../waiting-list.js';

/** What a header says that does not change on its way, whoever carves it up or passes it on. */
export type HeaderKind = Pick<OwnIo, 'operation' | 'fua' | 'ioClass'>;

/**
 * What the headers of most designs have in common: what is asked for, what has come of it, and the part of the verbs
 * that is the same whatever is behind them: an end that is passed up flat (I2), a layer that holds it or begins again.
 * A design adds how headers are joined and how a cancel finds them.
 *
 * The designs of 2001 write this out: a constructor that many classes share in one program is slow for each of them, and
 * all designs run in one when they are compared.
 */
export abstract class Header implements Io, Ending {
  readonly operation: Operation;
  position: number;
  pages: PageVector | null;
  offset: number;
  readonly length: number;
  readonly fua: boolean;
  readonly ioClass: IoClass | null;
  bytes = 0;
  failure: IoError | null = null;
  failedRanges: ByteRange[] | null = null;
  nextEnding: Ending | null = null;
  private held = false;
  private calling = false;
  /** Counts the holds, so that what let go of one before has no effect on the next. */
  private holds = 0;
  /** How often it was taken back: what was told of an earlier life does not go on up. */
  private life = 0;

  /**
   * Counts as one header.
   * @param above what it is a clone or a part of; its class holds where `kind` names none
   */
  constructor(
    kind: HeaderKind,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    above: Header | null,
  ) {
    counters.headers++;
    this.operation = kind.operation;
    this.position = position;
    this.pages = pages;
    this.offset = offset;
    this.length = length;
    this.fua = kind.fua;
    this.ioClass = kind.ioClass === undefined ? (above?.ioClass ?? null) : kind.ioClass;
  }

  abstract readonly cancelled: boolean;
  abstract pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void;
  abstract substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void;
  abstract split<F>(layer: Layer<F>, frame: F): Split;
  abstract parked(slot: Slot): void;
  abstract unparked(slot: Slot): void;

  /** Passes the end up, as far as {@link tell} answers true. Called after `finish`, and after what held it let go. */
  abstract passUp(): void;

  finish(bytes: number, failure: IoError | null): void {
    this.bytes = bytes;
    this.failure = failure;
    ended(this);
  }

  suspend(): () => void {
    const hold = ++this.holds;
    this.held = true;
    return () => {
      if (!this.held || hold !== this.holds) return;
      this.held = false;
      if (!this.calling) ended(this);
    };
  }

  retry(): boolean {
    if (this.cancelled) return false;
    this.held = false;
    this.life++;
    this.bytes = 0;
    this.failure = this.failedRanges = null;
    return true;
  }

  succeededRanges(): ByteRange[] {
    return succeededRanges(this);
  }

  /** Calls the layer's `done`; false when it holds the header, or has begun it again: then nobody above is told. */
  tell(layer: Layer<unknown>, frame: unknown): boolean {
    const { life } = this;
    this.calling = true;
    if (callDone(layer, this, frame) !== null) this.held = false;
    this.calling = false;
    return !this.held && this.life === life;
  }
}
