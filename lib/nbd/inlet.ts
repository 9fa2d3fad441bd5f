/** Who takes the messages that a socket brings. */
export interface Taker {
  /** Bytes of the next message; 0 while it takes none. */
  readonly needs: number;
  /** Takes the message of `needs` bytes at `at`, which are there until this returns. */
  take(bytes: Buffer, at: number): void;
  /** The payload that was to be put somewhere is all there. */
  landed(): void;
}

const NOTHING = Buffer.alloc(0);

/** From here on a payload is worth reads of its own. */
const LARGE_BYTES = 32 * 1024;

/**
 * Cuts a stream of bytes into messages: what is whole in what the socket brings is taken where it lies, the rest is kept
 * until more has come. A payload goes straight to where its taker wants it.
 */
export class Inlet {
  /** May be another from one message to the next. */
  taker: Taker;
  /** The beginning of a message. */
  private held = NOTHING;
  private heldBytes = 0;
  /** Where the payload under way goes, first to last, and how much of the first is there. */
  private readonly landing: Uint8Array[] = [];
  private filled = 0;
  private toSkip = 0;
  /** What came while the taker took nothing. */
  private kept: Buffer = NOTHING;
  private feeding = false;
  private large = false;

  constructor(taker: Taker) {
    this.taker = taker;
  }

  /** Bytes that have come and were not taken. */
  get pending(): number {
    return this.heldBytes + this.kept.length;
  }

  /** Whether a message or a payload has begun and is not all there. */
  get unfinished(): boolean {
    return this.heldBytes > 0 || this.landing.length > 0 || this.toSkip > 0;
  }

  /** Whether the last message had a large payload, and so will the next. */
  get expectsLarge(): boolean {
    return this.large;
  }

  /** The next bytes are a payload that goes there, before any other message. `landed` follows. */
  land(views: readonly Uint8Array[]): void {
    this.landing.push(...views);
    this.large = (views[0]?.length ?? 0) >= LARGE_BYTES;
  }

  /** The next bytes are of no use. */
  skip(bytes: number): void {
    this.toSkip += bytes;
  }

  /** Where the next bytes go, when that is known and they are many; a socket may put them there itself, and call `filledBy`. */
  get target(): Uint8Array | null {
    const [first] = this.landing;
    if (first === undefined || this.toSkip > 0 || !this.large) return null;
    return this.filled === 0 ? first : first.subarray(this.filled);
  }

  /** So many bytes were put into the target. */
  filledBy(bytes: number): void {
    this.filled += bytes;
    if (this.filled < (this.landing[0] as Uint8Array).length) return;
    this.filled = 0;
    this.landing.shift();
    if (this.landing.length === 0) this.taker.landed();
  }

  /** Takes what a socket has brought. What it throws is the taker's. @param own whether the chunk stays as it is when this has returned */
  feed(chunk: Buffer, own = false): void {
    if (this.feeding || this.kept.length > 0) {
      this.kept = this.kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.kept, chunk]);
      return;
    }
    this.feeding = true;
    try {
      this.cut(chunk, own);
    } finally {
      this.feeding = false;
    }
  }

  /** The taker takes messages again: it is given those that were kept. */
  resume(): void {
    if (this.feeding || this.kept.length === 0) return;
    const chunk = this.kept;
    this.kept = NOTHING;
    this.feed(chunk, true);
  }

  private cut(chunk: Buffer, own: boolean): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.toSkip > 0) {
        const bytes = Math.min(this.toSkip, chunk.length - at);
        this.toSkip -= bytes;
        at += bytes;
      } else if (this.landing.length > 0) at += this.put(chunk, at);
      else {
        const { needs } = this.taker;
        if (needs === 0) {
          const rest = chunk.subarray(at);
          this.kept = own && this.kept.length === 0 ? rest : Buffer.concat([rest, this.kept]);
          return;
        }
        if (this.heldBytes === 0 && chunk.length - at >= needs) {
          at += needs;
          this.large = false;
          this.taker.take(chunk, at - needs);
        } else at += this.hold(chunk, at, needs);
      }
    }
  }

  private put(chunk: Buffer, at: number): number {
    const first = this.landing[0] as Uint8Array;
    const bytes = Math.min(first.length - this.filled, chunk.length - at);
    first.set(chunk.subarray(at, at + bytes), this.filled);
    this.filledBy(bytes);
    return bytes;
  }

  /** Keeps the beginning of a message, and takes it when it is whole. */
  private hold(chunk: Buffer, at: number, needs: number): number {
    if (this.held.length < needs) {
      const larger = Buffer.allocUnsafe(Math.max(64, needs));
      this.held.copy(larger, 0, 0, this.heldBytes);
      this.held = larger;
    }
    const bytes = Math.min(needs - this.heldBytes, chunk.length - at);
    chunk.copy(this.held, this.heldBytes, at, at + bytes);
    this.heldBytes += bytes;
    if (this.heldBytes === needs) {
      this.heldBytes = 0;
      this.large = false;
      this.taker.take(this.held, 0);
    }
    return bytes;
  }
}
