import { startWorker } from '../threads/start-worker.js';
import { WorkThread } from '../threads/work-thread.js';
import { CryptGathering } from './crypt-gathering.js';
import type { Place, Xts } from './xts.js';

/** Kinds of tasks. */
export const DECRYPT: number = 0;
export const ENCRYPT: number = 1;

/** Less than this is done in this thread before another has been woken, and the answer taken. */
const LEAST_BYTES = 16 * 1024;

/** Threads that encrypt and decrypt, each asked when it has the least to do. What is too small for them is gathered here. */
export class CryptThreads {
  private readonly threads: readonly WorkThread[];
  private readonly encrypting: CryptGathering;
  private readonly decrypting: CryptGathering;

  /** @param xts of the same key, for this thread */
  constructor(count: number, key: Uint8Array, xts: Xts) {
    this.encrypting = new CryptGathering(xts, true);
    this.decrypting = new CryptGathering(xts, false);
    this.threads = Array.from(
      { length: count },
      () => new WorkThread((ring) => startWorker('#layers/crypt-thread', { workerData: { ring, own: key } })),
    );
  }

  /**
   * Has `length` bytes encrypted or decrypted from one place into another, which may be the same; `then` is told when,
   * and whether they were. Less than 16 KiB are done here, in a moment. False, and nothing was asked, for memory that
   * cannot be shared or is in several runs, for more pools than 16, and when all threads have as much to do as they are
   * given.
   */
  ask(kind: number, from: Place, to: Place, length: number, position: number, then: (done: boolean) => void): boolean {
    if (length < LEAST_BYTES) {
      const gathering = kind === ENCRYPT ? this.encrypting : this.decrypting;
      gathering.add({ from, to, position, length, then });
      return true;
    }
    const source = from.pages.onlyRun;
    const target = to.pages.onlyRun;
    if (source === null || target === null) return false;
    const thread = this.idlest();
    if (thread === undefined) return false;
    const [read, written] = [thread.numberOf(source.buffer), thread.numberOf(target.buffer)];
    if (read === undefined || written === undefined) return false;
    const [start, end] = [source.start + from.offset, target.start + to.offset];
    const asker = { answered: (result: number) => then(result > 0) };
    return thread.ask(asker, kind, read, start, written, end, length, position);
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  /** Of those that take tasks: one that has ended has the least to do. */
  private idlest(): WorkThread | undefined {
    let best: WorkThread | undefined;
    for (const thread of this.threads) {
      if (thread.takes && (best === undefined || thread.underWay < best.underWay)) best = thread;
    }
    return best;
  }
}
