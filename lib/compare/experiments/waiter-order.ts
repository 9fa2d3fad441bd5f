import { contendWith, type Work } from '../contend.js';
import type { Experiment } from '../experiment.js';
import type { WaiterLine, WaiterOrder } from '../rival.js';

const MIB = 1 << 20;
/** What each waiter works on when it is woken. */
const SET_BYTES = MIB / 4;
const LINE_BYTES = 64;

/** Q5: the first or the last that came is woken, and works on memory of its own. */
export const waiterOrder: Experiment = {
  name: 'waiter-order',
  title: 'Waking the first or the last that waits',
  question: 'What is gained by waking who came last, whose memory is still in the cache, and not who came first?',
  unit: 'mebibyte',
  xLabel:
    'Mebibytes that all waiters work on together, a quarter of one each; every wake-up takes one, who then waits again',
  points: { quick: [1, 32], full: [1, 8, 64], thorough: [1, 4, 16, 64, 256] },
  metrics: [
    {
      name: 'lifo',
      unit: 'ns',
      better: 'less',
      kind: 'timed',
      meaning: 'time of a wake-up where who came last is woken, the median over rounds',
    },
    {
      name: 'gain',
      unit: '',
      better: 'more',
      kind: 'timed',
      meaning: 'how many times as long a wake-up takes where who came first is woken (the time), in the same round',
    },
  ],
  decides: ['time', 'lifo'],
  at: (mebibytes, setting) =>
    contendWith(mebibytes, setting, ({ line }) => {
      if (line === undefined) return Promise.resolve({ cannot: 'has no waiters of which a wake-up takes one' });
      return Promise.resolve(waking(mebibytes, line));
    }),
};

/** First come, first served is timed by the meter, and right after it the same with the last first. */
function waking(mebibytes: number, line: (order: WaiterOrder) => WaiterLine): Work {
  const [fifo, lifo] = [new Workers(mebibytes, line('fifo')), new Workers(mebibytes, line('lifo'))];
  let last = { times: 0, ns: 0 };
  let lifoNs = 0;
  const clocked = async (workers: Workers, times: number): Promise<number> => {
    const start = process.hrtime.bigint();
    await workers.wake(times);
    return Number(process.hrtime.bigint() - start) / times;
  };
  return {
    async run(times) {
      last = { times, ns: await clocked(fifo, times) };
    },
    async extra() {
      lifoNs = await clocked(lifo, last.times);
      return {};
    },
    timings: () => ({ lifo: lifoNs, gain: last.ns / lifoNs }),
  };
}

/** Those that wait, each with memory of its own; whoever is woken reads and changes all of it, and waits again. */
class Workers {
  private readonly line: WaiterLine;
  private woken = 0;
  private done: (() => void) | null = null;
  private wanted = 0;

  constructor(mebibytes: number, line: WaiterLine) {
    this.line = line;
    for (let i = 0; i < (mebibytes * MIB) / SET_BYTES; i++) this.worker(new Uint8Array(SET_BYTES));
  }

  /** Wakes so many, one after the other. */
  wake(times: number): Promise<void> {
    this.woken = 0;
    this.wanted = times;
    return new Promise((resolve) => {
      this.done = resolve;
      this.next();
    });
  }

  private next(): void {
    // Whoever is woken at once has worked when this returns; else it goes on when it has.
    let seen = -1;
    while (this.woken > seen && this.woken < this.wanted) {
      seen = this.woken;
      this.looping = true;
      this.line.wakeOne();
      this.looping = false;
    }
    if (this.woken === this.wanted) {
      const { done } = this;
      this.done = null;
      done?.();
    }
  }

  private looping = false;

  private worker(memory: Uint8Array): void {
    const work = (): void => {
      for (let at = 0; at < memory.length; at += LINE_BYTES) memory[at] = (memory[at] as number) + 1;
      this.line.wait(work);
      this.woken++;
      if (!this.looping) this.next();
    };
    this.line.wait(work);
  }
}
