import { complementOf, sumOf } from '../io/ranges.js';
import { IoError, type ByteRange } from '../io/io-error.js';
import type { Io } from '../io/io.js';
import type { PageVector } from '../io/pages.js';
import type { StatusExtent } from './chunks.js';
import { codeOf } from './errno.js';
import { malformed } from './nbd-error.js';
import { CMD_READ } from './wire.js';

/** A header on its way: it has ended when each of the requests on the wire that it was carved into has. */
export class Errand {
  readonly io: Io;
  /** Requests on the wire that have not ended. */
  pending = 0;
  failure: IoError | null = null;
  /** What was not transferred. */
  readonly missing: ByteRange[] = [];
  /** How many changes had been acknowledged when it began. */
  acknowledged = 0;
  /** Whether its data were written, and are being made stable. */
  flushing = false;
  private readonly done: (errand: Errand) => void;

  constructor(io: Io, done: (errand: Errand) => void) {
    this.io = io;
    this.done = done;
  }

  /** A part has ended; `good` are the ranges of it that were transferred, null for all. */
  ended({ offset, length }: Ask, good: readonly ByteRange[] | null, error: IoError | null): void {
    this.failure ??= error;
    if (good !== null) {
      for (const range of complementOf(good, length)) {
        this.missing.push({ offset: offset + range.offset, length: range.length });
      }
    }
    if (--this.pending === 0) this.done(this);
  }

  /** Ends the header. */
  finish(): void {
    const { io, missing, failure } = this;
    if (missing.length > 0) io.failedRanges = missing;
    io.finish(io.length - sumOf(missing), failure);
  }
}

/** A request on the wire, as a session sees it: what is asked, and who is told the replies. */
export interface Question {
  readonly type: number;
  readonly flags: number;
  /** On the export. */
  readonly position: number;
  readonly length: number;
  /** Where its data are; null when it has none. */
  readonly pages: PageVector | null;
  readonly start: number;
  /** The half of the cookie that no other request has had. */
  serial: number;
  /** Bytes at that position of the export come, or are zero. Answers where they belong. @throws NbdError for bytes that were not asked for */
  brings(position: number, length: number): ByteRange;
  /** What is known of a metadata context. @throws NbdError for what was not asked for */
  tells(context: number, extents: readonly StatusExtent[]): void;
  /** It failed: at that position, or as a whole. @throws NbdError for a position outside of it */
  fails(errno: number, message: string, position: number | null): void;
  /** @throws NbdError when a success lacks something */
  verify(): void;
  /** All has been told. */
  end(): void;
  /** There is nobody any more who could answer. */
  abandon(error: IoError): void;
}

/** A part of an errand on the wire, and what its replies have told so far. */
export class Ask implements Question {
  readonly type: number;
  readonly flags: number;
  readonly position: number;
  readonly length: number;
  readonly pages: PageVector | null;
  readonly start: number;
  /** Whose part it is, and from where on. */
  readonly errand: Errand;
  readonly offset: number;
  serial = 0;
  private content: ByteRange[] | null = null;
  private bytes = 0;
  private error: IoError | null = null;
  /** Whether nothing is known but that it failed. */
  private whole = false;
  /** Where it went wrong, from its start. */
  private readonly wrong: number[] = [];

  constructor(errand: Errand, type: number, flags: number, offset: number, length: number) {
    const { io } = errand;
    this.type = type;
    this.flags = flags;
    this.position = io.position + offset;
    this.length = length;
    this.pages = io.pages;
    this.start = io.offset + offset;
    this.errand = errand;
    this.offset = offset;
    errand.pending++;
  }

  brings(position: number, length: number): ByteRange {
    const range = { offset: position - this.position, length };
    const fits = this.type === CMD_READ && range.offset >= 0 && range.offset + length <= this.length && length > 0;
    this.bytes += length;
    if (!fits || this.bytes > this.length) throw malformed('The server sends data that were not asked for');
    if (length < this.length) (this.content ??= []).push(range);
    return range;
  }

  tells(): never {
    throw malformed('The server tells a status that was not asked for');
  }

  fails(errno: number, message: string, position: number | null): void {
    this.error ??= new IoError(codeOf(errno), message === '' ? {} : { message });
    if (position === null) {
      this.whole = true;
      return;
    }
    const offset = position - this.position;
    if (offset < 0 || offset >= this.length) throw malformed('The server tells an error outside of what was asked for');
    this.wrong.push(offset);
  }

  verify(): void {
    const { type, length, error, bytes } = this;
    // As many bytes as were asked for may be some of them twice.
    const lacks = bytes < length || (this.content !== null && complementOf(this.content, length).length > 0);
    if (error === null && type === CMD_READ && lacks) {
      throw malformed('The server leaves out data, and tells no error');
    }
  }

  end(): void {
    const { error } = this;
    if (error === null) this.errand.ended(this, null, null);
    else if (this.whole || this.wrong.length === 0) this.errand.ended(this, [], error);
    else this.errand.ended(this, this.good(), error);
  }

  abandon(error: IoError): void {
    this.errand.ended(this, [], error);
  }

  /** What can be relied on, when all errors have positions. */
  private good(): readonly ByteRange[] {
    const { type, length, wrong } = this;
    // Of a write the position says how far it came.
    if (type !== CMD_READ) return [{ offset: 0, length: Math.min(...wrong) }];
    const content = this.content ?? (this.bytes === length ? [{ offset: 0, length }] : []);
    const sound = content.map(({ offset, length: bytes }) => {
      const inside = wrong.filter((at) => at >= offset && at < offset + bytes);
      return { offset, length: Math.min(bytes, ...inside.map((at) => at - offset)) };
    });
    return complementOf(complementOf(sound, length), length);
  }
}
