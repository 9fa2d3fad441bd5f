import type { Writable } from 'node:stream';

/** Payloads up to so many bytes are copied behind their headers; larger ones are sent from where they are. */
const COPIED_BYTES = 32 * 1024;
const FIRST_ARENA = 16 * 1024;
const LAST_ARENA = 256 * 1024;

/**
 * Gathers what is to be sent, so that one write sends what one wake-up has brought about: small messages behind each
 * other in one arena, which is used again when all of it was sent at once, large payloads from where they are.
 */
export class Outlet {
  private readonly socket: Writable;
  private arena = Buffer.alloc(0);
  /** The arena is filled up to here, and was put among the parts up to there. */
  private used = 0;
  private cut = 0;
  private readonly parts: Uint8Array[] = [];
  /** To be called when what was gathered has been sent. */
  private sent: (() => void)[] = [];

  constructor(socket: Writable) {
    this.socket = socket;
  }

  /** Bytes that the other side has not taken. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Room for so many bytes in a row in {@link buffer}, to be written at the position that is answered. */
  room(bytes: number): number {
    if (this.used + bytes > this.arena.length) this.renew(bytes);
    const at = this.used;
    this.used += bytes;
    return at;
  }

  /** The last room was larger than needed by so many bytes. */
  giveBack(bytes: number): void {
    this.used -= bytes;
  }

  /** Where the last room is. */
  get buffer(): Buffer {
    return this.arena;
  }

  /** Sends bytes behind what was gathered. `sent` is called when they are not needed any more: now or later, once. */
  append(bytes: Uint8Array, sent: (() => void) | null): void {
    if (bytes.length <= COPIED_BYTES) {
      const at = this.room(bytes.length);
      this.arena.set(bytes, at);
      sent?.();
      return;
    }
    this.cutOff();
    this.parts.push(bytes);
    if (sent !== null) this.sent.push(sent);
  }

  /** Sends what was gathered. */
  flush(): void {
    const { socket, parts, sent } = this;
    if (parts.length === 0) {
      if (this.used === this.cut) return;
      socket.write(this.arena.subarray(this.cut, this.used));
    } else {
      this.cutOff();
      socket.cork();
      for (const [i, part] of parts.entries()) {
        if (i === parts.length - 1 && sent.length > 0)
          socket.write(part, () => {
            for (const each of sent) each();
          });
        else socket.write(part);
      }
      socket.uncork();
      parts.length = 0;
      if (sent.length > 0) this.sent = [];
    }
    if (socket.writableLength === 0) this.used = this.cut = 0;
    else this.cut = this.used;
  }

  /** What was gathered is not sent any more: nobody is there. */
  abandon(): void {
    const { sent } = this;
    this.parts.length = this.used = this.cut = 0;
    this.sent = [];
    for (const each of sent) each();
  }

  private cutOff(): void {
    if (this.used > this.cut) this.parts.push(this.arena.subarray(this.cut, this.used));
    this.cut = this.used;
  }

  /** A new arena: larger, when the last one was too small for what came together. */
  private renew(bytes: number): void {
    this.flush();
    if (this.used === 0 && bytes <= this.arena.length) return;
    const wanted = Math.min(LAST_ARENA, Math.max(FIRST_ARENA, this.arena.length * 2));
    this.arena = Buffer.allocUnsafeSlow(Math.max(wanted, bytes));
    this.used = this.cut = 0;
  }
}
