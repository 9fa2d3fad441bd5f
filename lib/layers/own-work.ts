import { WaitQueue } from '../wait/queue.js';
import { waitUntil } from '../wait/wait-until.js';

/** Work of a layer's own behind the requests, such as a rebuild, which a drain waits for. */
export class OwnWork {
  private running = 0;
  private readonly ends = new WaitQueue();

  /** Runs work, which calls `ended` once, when it has. */
  run(body: (ended: () => void) => void): void {
    this.running++;
    body(() => {
      this.running--;
      if (this.ends.active) this.ends.wakeAll();
    });
  }

  /** Resolves when none is under way. */
  async idle(): Promise<void> {
    await waitUntil(this.ends, () => this.running === 0);
  }
}
