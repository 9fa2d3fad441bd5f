import { PASS, WaitEntry, WOKEN } from '../wait/entry.js';
import { IoError } from '../io/io-error.js';
import { payloadBytes, refusalOf, type Terms } from './admission.js';
import { Answers } from './answers.js';
import { viewsOf, type Buffers } from './buffers.js';
import { deviceRequest } from './device-request.js';
import { errnoOf, errnoOfThrown, ESHUTDOWN } from './errno.js';
import type { Figures } from './figures.js';
import type { Agreement } from './haggling.js';
import type { Inlet, Taker } from './inlet.js';
import { Job } from './job.js';
import type { NbdLimits } from './limits.js';
import { malformed } from './nbd-error.js';
import type { Outlet } from './outlet.js';
import { EXTENDED_REQUEST_BYTES, newRequestHeader, readRequest, REQUEST_BYTES } from './requests.js';
import { statusOf } from './status.js';
import * as wire from './wire.js';

/** What a session is given. */
interface SessionKit {
  readonly inlet: Inlet;
  readonly outlet: Outlet;
  readonly buffers: Buffers;
  readonly limits: NbdLimits;
  readonly figures: Figures;
  /** Whether the server is being shut down: what comes now is refused. */
  readonly stopping: () => boolean;
  /** Nothing more is to come, and all was answered. */
  readonly ended: () => void;
  /** Something was answered outside {@link Session.batch}: send it soon. */
  readonly flushSoon: () => void;
  /** Messages are taken again. */
  readonly resume: () => void;
}

/**
 * The server's side of the transmission: requests as they come, each handed to the device at once, answered in the order
 * in which they end. What is in flight is bounded: beyond, no further request is taken.
 */
export class Session implements Taker {
  /** Set while what a socket has brought is taken: one write sends what comes of it. */
  batching = false;
  private readonly kit: SessionKit;
  private readonly terms: Terms;
  private readonly answers: Answers;
  private readonly header = newRequestHeader();
  private readonly headerBytes: number;
  private readonly idle: Job[] = [];
  private readonly active: Job[] = [];
  private lent = 0;
  /** Whose payload is coming. */
  private receiving: Job | null = null;
  /** What has come and waits until there is room for it. */
  private parked: Job | null = null;
  private readonly room: WaitEntry;
  private finished = false;
  private draining = false;
  private gone = false;

  constructor(kit: SessionKit, { exported, form, allocation }: Agreement) {
    this.kit = kit;
    const extended = form === 'extended';
    const { requestBytes } = kit.limits;
    this.terms = { exported, extended, structured: form !== 'simple', allocation, requestBytes };
    this.answers = new Answers(kit.outlet, form);
    this.headerBytes = extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES;
    this.room = new WaitEntry(() => {
      this.unpark();
      return this.parked === null ? WOKEN : PASS;
    });
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.active.length;
  }

  /** Bytes of memory that its requests hold. */
  get bytes(): number {
    return this.lent;
  }

  /** Whether the client has said that it asks nothing more. */
  get farewell(): boolean {
    return this.finished;
  }

  get needs(): number {
    return this.parked !== null || this.finished ? 0 : this.headerBytes;
  }

  take(bytes: Buffer, at: number): void {
    const { header, terms, kit } = this;
    readRequest(bytes, at, terms.extended, header);
    if (header.type === wire.CMD_DISC) {
      this.finish();
      return;
    }
    kit.figures.requests++;
    const payload = payloadBytes(header, terms.extended);
    if (payload > 0xffffffff)
      throw malformed(`A payload of ${String(payload)} bytes is more than any request may have`);
    const job =
      this.idle.pop() ??
      new Job((ended) => {
        this.ended(ended);
      });
    job.begin(header);
    const refusal = kit.stopping() ? ESHUTDOWN : refusalOf(header, terms);
    if (refusal !== 0) {
      kit.inlet.skip(payload);
      this.refuse(job, refusal);
    } else if (this.hasRoom(job)) this.start(job);
    else this.park(job);
  }

  landed(): void {
    const job = this.receiving;
    this.receiving = null;
    if (job !== null) this.submit(job);
  }

  /** The client is gone: what runs for it is cancelled down the stack. */
  close(reason: unknown): void {
    this.gone = this.finished = true;
    const { receiving, parked, active } = this;
    this.receiving = this.parked = null;
    this.kit.buffers.returned.remove(this.room);
    if (parked !== null) this.idle.push(parked);
    if (receiving !== null) this.release(receiving);
    for (const job of [...active]) job.request?.cancel(reason);
  }

  /** Nothing more is taken; when all that runs was answered, it has ended. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.endIfDone();
  }

  /** The server is being shut down: what comes is refused, and when all that runs was answered, it has ended. */
  drain(): void {
    this.draining = true;
    this.endIfDone();
  }

  /** There may be room again for what was parked. */
  unpark(): void {
    const job = this.parked;
    if (job === null || !this.hasRoom(job)) return;
    this.parked = null;
    this.kit.buffers.returned.remove(this.room);
    this.start(job);
    this.kit.resume();
  }

  private hasRoom({ type, length }: Job): boolean {
    const { limits, outlet, buffers } = this.kit;
    if (this.active.length >= limits.connectionRequests) return false;
    if (type !== wire.CMD_READ && type !== wire.CMD_WRITE && type !== wire.CMD_CACHE) return true;
    const unsent = outlet.unsent;
    if (this.lent + unsent > 0 && this.lent + unsent + length > limits.connectionBytes) return false;
    return buffers.hasRoom(length);
  }

  private park(job: Job): void {
    this.parked = job;
    this.kit.buffers.returned.add(this.room);
  }

  private start(job: Job): void {
    const { kit } = this;
    const { type, length } = job;
    if (type === wire.CMD_READ && this.answeredDirectly(job)) return;
    try {
      if (length > 0 && (type === wire.CMD_READ || type === wire.CMD_WRITE)) this.lend(job, length);
      else if (type === wire.CMD_CACHE && length > 0) this.lend(job, Math.min(length, kit.limits.requestBytes));
    } catch (error) {
      kit.inlet.skip(type === wire.CMD_WRITE ? length : 0);
      this.refuse(job, errnoOf((error as IoError).code));
      return;
    }
    if (type === wire.CMD_WRITE && job.loan !== null) {
      this.receiving = job;
      kit.inlet.land(viewsOf(job.loan, 0, length));
    } else this.submit(job);
  }

  /** Whether a read was answered from where the device has its bytes, which takes neither memory nor a request. */
  private answeredDirectly(job: Job): boolean {
    const { length, position } = job;
    const bytes = length === 0 ? null : this.terms.exported.device.directAccess(position, length);
    if (bytes === null) return false;
    this.kit.figures.bytesRead += length;
    this.answers.ownData(job, bytes);
    this.release(job);
    this.answered();
    return true;
  }

  private lend(job: Job, bytes: number): void {
    job.loan = this.kit.buffers.lend(bytes);
    this.lent += job.loan.size;
  }

  private submit(job: Job): void {
    job.place = this.active.length;
    this.active.push(job);
    if (job.type === wire.CMD_BLOCK_STATUS) {
      this.askStatus(job);
      return;
    }
    try {
      job.request = deviceRequest(this.terms.exported.device, job);
    } catch (error) {
      this.failed(job, error);
      return;
    }
    if (job.request === null) this.ended(job);
    else job.request.notify(job.settled);
  }

  private askStatus(job: Job): void {
    const { exported, extended } = this.terms;
    statusOf(exported.device, job, extended).then(
      (extents) => {
        job.extents = extents;
        this.ended(job);
      },
      (error: unknown) => {
        this.failed(job, error);
      },
    );
  }

  /** The device does not take it. */
  private failed(job: Job, error: unknown): void {
    this.leave(job);
    if (this.gone) this.release(job);
    else this.refuse(job, errnoOfThrown(error));
  }

  private ended(job: Job): void {
    const { request, type, loan } = job;
    const sound = request === null || (request.state === 'done' && request.value === request.length);
    if (sound && type === wire.CMD_TRIM && (job.flags & wire.CMD_FLAG_FUA) !== 0 && !job.flushing && !this.gone) {
      this.flushAfter(job);
      return;
    }
    this.leave(job);
    if (this.gone) {
      this.release(job);
      return;
    }
    if (!sound) this.kit.figures.errors++;
    if (!sound) this.answers.partly(job, loan, this.sentOf(job));
    else if (type === wire.CMD_READ && loan !== null) {
      this.kit.figures.bytesRead += job.length;
      this.answers.data(job, loan, this.sentOf(job));
    } else {
      if (type === wire.CMD_WRITE) this.kit.figures.bytesWritten += job.length;
      if (job.extents === null) this.answers.done(job);
      else this.answers.status(job, this.terms.allocation ?? 0, job.extents);
      this.release(job);
    }
    this.answered();
  }

  /** What was forgotten is forgotten for good: devices know no FUA of a discard. */
  private flushAfter(job: Job): void {
    job.flushing = true;
    job.request = this.terms.exported.device.flush();
    job.request.notify(job.settled);
  }

  /** What lets go of a job's memory once it was sent. */
  private sentOf(job: Job): () => void {
    return () => {
      this.release(job);
    };
  }

  private refuse(job: Job, errno: number): void {
    this.kit.figures.errors++;
    this.answers.failed(job, errno);
    this.release(job);
    this.answered();
  }

  private leave(job: Job): void {
    const { active } = this;
    const last = active.pop();
    if (last === undefined || last === job) return;
    active[job.place] = last;
    last.place = job.place;
  }

  private release(job: Job): void {
    const { loan } = job;
    job.loan = job.request = job.extents = null;
    job.place = -1;
    this.idle.push(job);
    if (loan === null) return;
    this.lent -= loan.size;
    this.kit.buffers.giveBack(loan);
    if (this.parked !== null) this.unpark();
  }

  private answered(): void {
    if (!this.batching) this.kit.flushSoon();
    if (this.parked !== null) this.unpark();
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.gone || !(this.finished || this.draining)) return;
    if (this.active.length === 0 && this.receiving === null && this.parked === null) this.kit.ended();
  }
}
