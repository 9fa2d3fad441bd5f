import { complementOf } from '../io/ranges.js';
import { IoError } from '../io/io-error.js';
import { viewsOf, type Loan } from './buffers.js';
import { DATA_OFFSET_BYTES, writeBlockStatus, writeErrorChunk, type StatusExtent } from './chunks.js';
import { EIO, errnoOf } from './errno.js';
import type { Job } from './job.js';
import type { Outlet } from './outlet.js';
import {
  EXTENDED_REPLY_BYTES,
  SIMPLE_REPLY_BYTES,
  STRUCTURED_REPLY_BYTES,
  writeChunkHeader,
  writeSimpleReply,
  type ReplyForm,
} from './replies.js';
import * as wire from './wire.js';

const DATA_HEAD_BYTES: Readonly<Record<ReplyForm, number>> = {
  simple: SIMPLE_REPLY_BYTES,
  structured: STRUCTURED_REPLY_BYTES + DATA_OFFSET_BYTES,
  extended: EXTENDED_REPLY_BYTES + DATA_OFFSET_BYTES,
};

/** Writes the replies to requests, in the form that was agreed on. */
export class Answers {
  private readonly outlet: Outlet;
  private readonly form: ReplyForm;
  /** The head of the data of a read, made here where it goes in front of them. */
  private readonly head: Buffer;

  constructor(outlet: Outlet, form: ReplyForm) {
    this.outlet = outlet;
    this.form = form;
    this.head = Buffer.alloc(DATA_HEAD_BYTES[form]);
  }

  /** It was done, and there is nothing to send with that. */
  done(job: Job): void {
    const isRead = job.type === wire.CMD_READ;
    // A read of nothing, too, is answered in chunks once these were agreed on.
    if (this.form === 'extended' || (isRead && this.form === 'structured')) this.chunk(job, true, wire.REPLY_NONE, 0);
    else this.simple(job, 0);
  }

  /** It was refused, or failed as a whole. */
  failed(job: Job, errno: number, message = ''): void {
    if (this.form === 'simple') this.simple(job, errno);
    else this.error(job, true, errno, message, null);
  }

  /** All of what was to be read. `sent` is called when its memory is not needed any more. */
  data(job: Job, loan: Loan, sent: () => void): void {
    const { whole, front } = loan;
    if (whole === null) {
      this.dataHead(job, true, 0, job.length);
      this.payload(loan, 0, job.length, sent);
      return;
    }
    // Head and payload are one buffer: two take a call of the system that gathers. The head is not made where it goes, as
    // storing single bytes in memory that can grow is many times slower than copying them.
    const { head, outlet } = this;
    const at = front - head.length;
    this.writeDataHead(head, 0, job, true, 0, job.length);
    whole.set(head, at);
    outlet.append(whole.subarray(at, front + job.length), sent);
  }

  /** All of what was to be read, from where the device has it. */
  ownData(job: Job, bytes: Uint8Array): void {
    this.dataHead(job, true, 0, bytes.length);
    this.outlet.append(bytes, null);
  }

  /**
   * How a request ended that has failed, or come back short: success is not a prefix, and the client learns what there
   * is (N13). Of a read the good ranges are sent; each range that failed is told by an error with its position.
   */
  partly(job: Job, loan: Loan | null, sent: () => void): void {
    const { request, length, position } = job;
    const error = request?.error;
    const errno = error instanceof IoError ? errnoOf(error.code) : EIO;
    const message = error instanceof Error ? error.message : 'It came back short';
    const good = request?.succeeded ?? [];
    if (this.form === 'simple' || good.length === 0) {
      this.failed(job, errno, message);
      sent();
      return;
    }
    if (job.type === wire.CMD_READ && loan !== null) {
      const sendable = (job.flags & wire.CMD_FLAG_DF) === 0 ? good : good.slice(0, 1);
      for (const { offset, length: bytes } of sendable) {
        this.dataHead(job, false, offset, bytes);
        this.payload(loan, offset, bytes, offset === sendable.at(-1)?.offset ? sent : null);
      }
    } else sent();
    const bad = complementOf(good, length);
    for (const { offset } of bad) {
      this.error(job, offset === bad.at(-1)?.offset, errno, message, position + offset);
    }
  }

  /** What is where. */
  status(job: Job, context: number, extents: readonly StatusExtent[]): void {
    const extended = this.form === 'extended';
    const payload = writeBlockStatus(context, extents, extended);
    this.chunk(job, true, extended ? wire.REPLY_BLOCK_STATUS_EXT : wire.REPLY_BLOCK_STATUS, payload.length);
    this.outlet.append(payload, null);
  }

  private dataHead(job: Job, done: boolean, offset: number, length: number): void {
    const { outlet } = this;
    const at = outlet.room(this.head.length);
    this.writeDataHead(outlet.buffer, at, job, done, offset, length);
  }

  private writeDataHead(into: Buffer, at: number, job: Job, done: boolean, offset: number, length: number): void {
    if (this.form === 'simple') {
      writeSimpleReply(into, at, 0, job.cookieHigh, job.cookieLow);
      return;
    }
    const extended = this.form === 'extended';
    const bytes = DATA_OFFSET_BYTES + length;
    const head = writeChunkHeader(into, at, extended, done, wire.REPLY_OFFSET_DATA, job, bytes);
    wire.writeU64(into, job.position + offset, at + head);
  }

  private payload(loan: Loan, offset: number, length: number, sent: (() => void) | null): void {
    const views = viewsOf(loan, offset, length);
    const last = views.length - 1;
    for (let i = 0; i <= last; i++) this.outlet.append(views[i] as Uint8Array, i === last ? sent : null);
  }

  private error(job: Job, done: boolean, errno: number, message: string, position: number | null): void {
    const payload = writeErrorChunk({ errno, message, position });
    this.chunk(job, done, position === null ? wire.REPLY_ERROR : wire.REPLY_ERROR_OFFSET, payload.length);
    this.outlet.append(payload, null);
  }

  private simple({ cookieHigh, cookieLow }: Job, errno: number): void {
    const { outlet } = this;
    const at = outlet.room(SIMPLE_REPLY_BYTES);
    writeSimpleReply(outlet.buffer, at, errno, cookieHigh, cookieLow);
  }

  private chunk(job: Job, done: boolean, type: number, length: number): void {
    const { outlet } = this;
    const extended = this.form === 'extended';
    const at = outlet.room(extended ? EXTENDED_REPLY_BYTES : STRUCTURED_REPLY_BYTES);
    writeChunkHeader(outlet.buffer, at, extended, done, type, job, length);
  }
}
