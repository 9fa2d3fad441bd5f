/**
 * A mutex: first come, first served, abortable, released at the end of a block. The primitive is the class below.
 * Run it: npx tsx examples/04-mutex.ts
 */
import { WaitQueue, waitUntil } from 'wakechain';

type Lock = Disposable & { readonly turn: number };

class Mutex {
  private readonly waiters = new WaitQueue();
  private locked = false;
  private turns = 0;

  /** Waits for the lock. An aborted wait leaves nothing behind; one that was given the lock before the abort has it. */
  lock(options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<Lock> {
    return waitUntil(this.waiters, () => this.tryLock(), { ...options, exclusive: true });
  }

  /** The lock, or null when somebody has it. */
  tryLock(): Lock | null {
    if (this.locked) return null;
    this.locked = true;
    let released = false;
    return {
      turn: ++this.turns,
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        this.locked = false;
        // The first waiter takes the lock inside this call, in `tryLock`: nobody can get in between.
        this.waiters.wake();
      },
    };
  }
}

const mutex = new Mutex();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function work(name: string, options: { signal?: AbortSignal } = {}): Promise<void> {
  try {
    using lock = await mutex.lock(options);
    console.log(`${name} has the lock, turn ${lock.turn}`);
    await pause(5);
    console.log(`${name} releases it`);
  } catch (error) {
    console.log(`${name} gave up: ${String(error)}`);
  }
}

const impatient = new AbortController();
const all = [work('anna'), work('bert', { signal: impatient.signal }), work('carl')];
impatient.abort(new Error('no time'));
await Promise.all(all);

const held = await mutex.lock();
await mutex.lock({ timeoutMs: 5 }).catch((error: unknown) => console.log(String(error)));
held[Symbol.dispose]();
console.log('free again:', mutex.tryLock() !== null);
