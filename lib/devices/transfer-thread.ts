import { getSystemErrorMap } from 'node:util';
import type { NodeError } from '../io/io-error.js';
import { startWorker } from '../threads/start-worker.js';
import { WorkThread, type Asker } from '../threads/work-thread.js';

/** Kinds of tasks. */
export const READ: number = 0;
export const WRITE: number = 1;

/** Longer transfers are for the thread pool, where several run at a time. */
const MOST_BYTES = 128 * 1024;

/** A transfer that takes longer was not between memory and memory. */
const SLOW_MS = 0.25;
/** So many quick transfers in a row, one at a time, and the thread is given all again. */
const QUICK_IN_A_ROW = 8;

/**
 * The thread of a file's own, and when it is asked. It makes one transfer after the other, with no more wake-ups than
 * bursts: several times quicker than the thread pool where the file is cached. Where it is not, transfers would wait
 * for each other: after one that was slow, the thread is given one at a time, and the pool all others, until it has
 * been quick again. What comes one at a time goes to the pool, where it costs no more than a call, and no thread has to be
 * woken that may sleep on another processor. What it had when it ended is told NaN, and may be done again by the pool, as is
 * all after that.
 */
export class TransferThread {
  private readonly thread: WorkThread;
  private quick = QUICK_IN_A_ROW;
  /** Transfers of the file that have begun and not ended, whoever makes them. */
  private underWay = 0;
  /** Whether there were two at a time since there was none. */
  private together = true;
  /** Whether there were not, in the time before that. */
  private alone = false;

  constructor(fd: number) {
    this.thread = new WorkThread((ring) => startWorker('#devices/file-thread', { workerData: { ring, own: fd } }));
  }

  /** Has a transfer made; false, and nothing was asked, for one that the pool is for. */
  ask(asker: Asker, kind: number, buffer: ArrayBufferLike, start: number, length: number, position: number): boolean {
    const { thread } = this;
    if (length > MOST_BYTES || (this.quick < QUICK_IN_A_ROW && thread.underWay > 0)) return false;
    if (this.alone && this.underWay === 1) return false;
    const memory = thread.numberOf(buffer);
    return memory !== undefined && thread.ask(asker, kind, memory, start, memory, start, length, position);
  }

  /** A transfer of the file begins. */
  begins(): void {
    if (this.underWay++ > 0) {
      this.together = true;
      return;
    }
    this.alone = !this.together;
    this.together = false;
  }

  /** One that has begun has ended. */
  ends(): void {
    this.underWay--;
  }

  /** How long a transfer took that it was asked for. */
  took(ms: number): void {
    if (ms > SLOW_MS) this.quick = 0;
    else if (this.quick < QUICK_IN_A_ROW) this.quick++;
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}

/** The error that a call in the thread has ended with; null when it moved bytes. @param result bytes, or an errno below 0 */
export function errorOf(result: number, what: string): NodeError | null {
  if (result >= 0) return null;
  const [code, description] = getSystemErrorMap().get(result) ?? ['EIO', `system error ${String(-result)}`];
  return Object.assign(new Error(`${code}: ${description}, ${what}`), { code });
}
