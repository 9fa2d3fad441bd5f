import type { Writable } from 'node:stream';

/** Payloads up to so many bytes are copied behind their headers; larger ones are sent from where they are. */
export const COPIED_BYTES: number = 32 * 1024;
const FIRST_ARENA = 16 * 1024;
const LAST_ARENA = 256 * 1024;

/**
 * Gathers what is to be sent, so that one write sends what one wake-up has brought about: small messages behind each
 * other in one arena, which is used again when all of it was sent at once, large payloads from where they are.
 */
export class Outlet {
  private readonly socket: Writable;
  private arena = Buffer.alloc(0);
  /** The arena is filled up to here, and was written up to there. */
  private used = 0;
  private cut = 0;

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

  /**
   * Sends bytes behind what was gathered: large ones at once, so that the other side takes them while the next are made
   * ready. `sent` is called when they are not needed any more: now or later, once.
   */
  append(bytes: Uint8Array, sent: (() => void) | null): void {
    if (bytes.length <= COPIED_BYTES) {
      const at = this.room(bytes.length);
      this.arena.set(bytes, at);
      sent?.();
      return;
    }
    const { socket } = this;
    const isFirst = this.used === this.cut;
    if (!isFirst) {
      socket.cork();
      socket.write(this.arena.subarray(this.cut, this.used));
    }
    const buffer = bufferOf(bytes);
    if (sent === null) socket.write(buffer);
    else socket.write(buffer, sent);
    if (!isFirst) socket.uncork();
    this.begin();
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.used === this.cut) return;
    this.socket.write(this.arena.subarray(this.cut, this.used));
    this.begin();
  }

  /** What was gathered has been written: the arena is begun anew when all of it was sent. */
  private begin(): void {
    if (this.socket.writableLength === 0) this.used = this.cut = 0;
    else this.cut = this.used;
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

/**
 * The same bytes as a Buffer, which a stream would make of them itself, but slowly where they lie in memory that can grow:
 * V8 gives each view made by a subclass of Uint8Array a hidden class of its own there, so that no access to it is cached.
 */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return Object.setPrototypeOf(view, Buffer.prototype as object) as Buffer;
}
