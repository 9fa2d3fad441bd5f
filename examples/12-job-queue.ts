/**
 * A job queue: urgent jobs come first, who adds a job waits while the queue is full, and closing it finishes what was added.
 * Run it: npx tsx examples/12-job-queue.ts
 */
import { anyOf, Channel, ChildrenFailedError, Completion, forEach, timeout } from 'wakechain';

class Job extends Completion {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
    this.notify(() => console.log(`${name}: ${this.state}`));
  }
}

class JobQueue {
  private readonly urgent = new Channel<Job>(2);
  private readonly normal = new Channel<Job>(2);
  private readonly workers: Promise<unknown>;

  constructor(workers: number) {
    this.workers = Promise.all(Array.from({ length: workers }, () => this.work()));
  }

  /** Resolves once there is room for the job. */
  add(job: Job, options: { urgent?: boolean } = {}): Promise<void> {
    return (options.urgent === true ? this.urgent : this.normal).send(job);
  }

  /** Takes no more jobs, and resolves when those that were added are done. */
  async close(): Promise<void> {
    for (const line of [this.urgent, this.normal]) line.close();
    await this.workers;
  }

  private async work(): Promise<void> {
    // Of two branches that are ready the first one wins. One that is closed and empty fails, and the other goes on.
    const rounds = forEach(
      () => anyOf([this.urgent.receiving(), this.normal.receiving()]),
      async (job) => {
        if (!job.settled) await timeout(1); // the work; a job that was cancelled while it waited has none
        job.complete();
      },
    );
    await rounds.then(null, (error: unknown) => {
      if (!(error instanceof ChildrenFailedError)) throw error; // else both are closed and empty
    });
  }
}

const queue = new JobQueue(1);
const jobs = ['the dishes', 'the windows', 'the floor', 'the beds'].map((name) => new Job(name));
for (const job of jobs.slice(0, 3)) await queue.add(job);
jobs[1]?.cancel();
await queue.add(new Job('the fire'), { urgent: true });
for (const job of jobs.slice(3)) await queue.add(job); // waits: two normal jobs are in line
console.log('there was room for the beds');
await queue.close();
