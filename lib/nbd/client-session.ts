import type { ExtentState } from '../io/extents.js';
import type { IoError } from '../io/io-error.js';
import type { Question } from './ask.js';
import { DATA_OFFSET_BYTES, HOLE_BYTES, readBlockStatus, readErrorChunk } from './chunks.js';
import type { Terms } from './client-haggling.js';
import type { Taker } from './inlet.js';
import type { Link } from './link.js';
import { ESHUTDOWN } from './errno.js';
import { malformed, NbdError } from './nbd-error.js';
import { headBytes, LENGTH_FOLLOWS, newReplyHeader, readReply } from './replies.js';
import { EXTENDED_REQUEST_BYTES, newRequestHeader, writeRequest } from './requests.js';
import { StatusAsk } from './status-ask.js';
import * as wire from './wire.js';

/** Bytes of an error or of a status beyond which a server is not believed. */
const MOST_BYTES = 1 << 20;

/** What the bytes that are awaited are. */
type Awaited = 'head' | 'length' | 'offset' | 'data' | 'hole' | 'error' | 'status';

/** The client's side of the transmission: requests out, as many as are made; replies in, in any order. */
export class ClientSession implements Taker {
  needs: number;
  private readonly link: Link;
  private readonly terms: Terms;
  private readonly extended: boolean;
  private readonly request = newRequestHeader();
  private readonly reply = newReplyHeader();
  private awaited: Awaited = 'head';
  /** What runs, by the lower half of its cookie, and the halves that are free. */
  private readonly asks: (Question | null)[] = [];
  /** Told once when the server says that it is being shut down; set by whoever uses it. */
  dismissed: (error: NbdError) => void = () => undefined;
  private dismissal: NbdError | null = null;
  private readonly free: number[] = [];
  private count = 0;
  private serial = 0;
  /** Whose reply is being read. */
  private current: Question | null = null;

  constructor(link: Link, terms: Terms) {
    this.link = link;
    this.terms = terms;
    this.extended = terms.form === 'extended';
    this.needs = headBytes(terms.form);
    link.handTo(this);
  }

  /** Whether requests can be sent: until the server is being shut down. */
  get usable(): boolean {
    return this.dismissal === null;
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.count;
  }

  /** Sends a request. Its pages must not change until it has ended. */
  send(ask: Question): void {
    const { request, link, extended } = this;
    const { outlet } = link;
    const slot = this.free.pop() ?? this.asks.length;
    this.asks[slot] = ask;
    this.count++;
    ask.serial = this.serial = (this.serial + 1) >>> 0;
    const writing = ask.type === wire.CMD_WRITE;
    request.flags = ask.flags | (extended && writing ? wire.CMD_FLAG_PAYLOAD_LEN : 0);
    request.type = ask.type;
    request.cookieHigh = ask.serial;
    request.cookieLow = slot;
    request.position = ask.position;
    request.length = ask.length;
    const at = outlet.room(EXTENDED_REQUEST_BYTES);
    outlet.giveBack(EXTENDED_REQUEST_BYTES - writeRequest(outlet.buffer, at, extended, request));
    if (writing && ask.pages !== null) {
      for (const view of ask.pages.views(ask.start, ask.length)) outlet.append(view, null);
    }
    link.flushSoon();
  }

  /** Asks what is known of bytes. Null when the server does not say. */
  status(position: number, length: number): Promise<ExtentState[] | null> {
    const { allocation } = this.terms;
    if (allocation === null) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.send(new StatusAsk(position, length, allocation, resolve));
    });
  }

  /** Takes leave: nothing may be under way. */
  close(): void {
    const { outlet } = this.link;
    const { request } = this;
    Object.assign(request, { flags: 0, type: wire.CMD_DISC, cookieHigh: 0, cookieLow: 0, position: 0, length: 0 });
    const at = outlet.room(EXTENDED_REQUEST_BYTES);
    outlet.giveBack(EXTENDED_REQUEST_BYTES - writeRequest(outlet.buffer, at, this.extended, request));
    this.link.end();
  }

  /** There is no connection any more: what runs fails. */
  abandon(error: IoError): void {
    for (const [slot, ask] of [...this.asks.entries()]) {
      if (ask === null) continue;
      this.leave(slot);
      ask.abandon(error);
    }
  }

  take(bytes: Buffer, at: number): void {
    switch (this.awaited) {
      case 'head':
        this.takeHead(bytes, at);
        break;
      case 'length':
        this.reply.length = bytes.readUInt32BE(at);
        this.payload();
        break;
      case 'offset':
        this.takeOffset(wire.readU64(bytes, at));
        break;
      case 'hole':
        this.takeHole(wire.readU64(bytes, at), bytes.readUInt32BE(at + 8));
        break;
      case 'error':
        this.takeError(bytes.subarray(at, at + this.needs));
        break;
      case 'status':
        this.takeStatus(bytes.subarray(at, at + this.needs));
        break;
      default:
        this.chunkEnded();
    }
  }

  landed(): void {
    this.chunkEnded();
  }

  private takeHead(bytes: Buffer, at: number): void {
    const { reply, terms } = this;
    readReply(bytes, at, terms.form, reply);
    const ask = this.asks[reply.cookieLow];
    if (ask === undefined || ask?.serial !== reply.cookieHigh) throw malformed('The server answers what was not asked');
    this.current = ask;
    if (!reply.simple) {
      if (reply.length === LENGTH_FOLLOWS) this.await('length', 4);
      else this.payload();
      return;
    }
    if (reply.errno !== 0) this.failed(ask, reply.errno, '', null);
    else if (ask.type === wire.CMD_READ) {
      if (terms.form !== 'simple') throw malformed('The server answers a read without chunks');
      this.land(ask, ask.position, ask.length);
      return;
    }
    this.chunkEnded();
  }

  /** Looks at what kind of chunk it is, and awaits what tells more. */
  private payload(): void {
    const { type, length, done } = this.reply;
    const status = this.extended ? wire.REPLY_BLOCK_STATUS_EXT : wire.REPLY_BLOCK_STATUS;
    if ((type & wire.REPLY_ERROR_BIT) !== 0) {
      if (length === 0 || length > MOST_BYTES) throw malformed(`The server sends an error of ${String(length)} bytes`);
      this.await('error', length);
    } else if (type === wire.REPLY_NONE) {
      if (length !== 0 || !done) throw malformed('The server sends an empty chunk that is none');
      this.chunkEnded();
    } else if (type === wire.REPLY_OFFSET_DATA && length > DATA_OFFSET_BYTES) this.await('offset', DATA_OFFSET_BYTES);
    else if (type === wire.REPLY_OFFSET_HOLE && length === HOLE_BYTES) this.await('hole', HOLE_BYTES);
    else if (type === status && length > 0 && length <= MOST_BYTES) this.await('status', length);
    else throw malformed(`The server sends a chunk of type ${String(type)} with ${String(length)} bytes`);
  }

  private takeOffset(position: number): void {
    if (this.current !== null) this.land(this.current, position, this.reply.length - DATA_OFFSET_BYTES);
  }

  private takeHole(position: number, length: number): void {
    const ask = this.current;
    if (ask !== null) {
      const { offset } = ask.brings(position, length);
      for (const view of ask.pages?.views(ask.start + offset, length) ?? []) view.fill(0);
    }
    this.chunkEnded();
  }

  private takeError(payload: Buffer): void {
    const { errno, message, position } = readErrorChunk(this.reply.type, payload);
    if (this.current !== null) this.failed(this.current, errno, message, position);
    this.chunkEnded();
  }

  private failed(ask: Question, errno: number, message: string, position: number | null): void {
    ask.fails(errno, message, position);
    if (errno !== ESHUTDOWN || this.dismissal !== null) return;
    this.dismissal = new NbdError('ERR_NBD_GONE', 'The server is being shut down');
    this.dismissed(this.dismissal);
  }

  private takeStatus(payload: Buffer): void {
    const { context, extents } = readBlockStatus(payload, this.extended);
    this.current?.tells(context, extents);
    this.chunkEnded();
  }

  /** The next bytes are data of a read: they go to its pages. */
  private land(ask: Question, position: number, length: number): void {
    const { offset } = ask.brings(position, length);
    if (ask.pages === null) throw malformed('The server sends data that were not asked for');
    this.await('data', 0);
    this.link.inlet.land(ask.pages.views(ask.start + offset, length));
  }

  private chunkEnded(): void {
    const { current: ask, reply } = this;
    this.current = null;
    this.await('head', headBytes(this.terms.form));
    if (ask === null || !reply.done) return;
    // While it is still among those that run, and fails with them.
    ask.verify();
    this.leave(reply.cookieLow);
    ask.end();
    if (this.dismissal === null || this.count > 0) return;
    // What was under way has been answered, as the protocol wants it before a client goes.
    this.close();
    this.link.lost(this.dismissal);
  }

  private leave(slot: number): void {
    this.asks[slot] = null;
    this.free.push(slot);
    this.count--;
  }

  private await(what: Awaited, bytes: number): void {
    this.awaited = what;
    this.needs = bytes;
  }
}
