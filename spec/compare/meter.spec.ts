import { expect } from 'chai';
import sinon from 'sinon';
import { LEAST_ROUNDS, soleBaton, type Row } from '../../lib/compare/index.js';
import { measure, type Contender } from '../../lib/compare/meter.js';
import { counters } from '../../lib/io/index.js';
import { rejectionOf, settingOf } from './support.js';

/** What was counted by the engine's own counters. */
function countsOf({ figures }: Row): Record<string, number | null> {
  return Object.fromEntries(Object.keys(counters).map((name) => [name, figures[name]!.value]));
}

describe('measure', function () {
  this.timeout(30_000);

  /** Under a clock of the spec's own: what takes a time then takes that, on a busy machine as well. */
  async function timed<T>(body: (takes: (ms: number) => void) => Promise<T>): Promise<T> {
    const clock = sinon.useFakeTimers({ toFake: ['performance', 'hrtime'] });
    try {
      return await body((ms) => void clock.tick(ms));
    } finally {
      clock.restore();
    }
  }

  /** What each call of a contender leaves in the trace. */
  function traced(trace: string[], design: string): Contender {
    return {
      design,
      prepare: () => void trace.push(`prepare ${design}`),
      run: (times) => void trace.push(`run ${design} ${times}`),
      extra: () => ({ calls: trace.length }),
    };
  }

  it('runs each contender in every round, first another one each time', async () => {
    const trace: string[] = [];
    const contenders = ['a', 'b', 'c'].map((name) => traced(trace, name));
    await measure(1, contenders, settingOf({ rounds: 3 }));
    const runs = trace.filter((line) => line.startsWith('run')).map((line) => line.slice(4, 5));
    expect(runs.join('')).to.equal(
      // Each is warmed up once.
      ['abc', 'abc', 'bca', 'cab'].join(''),
    );
  });

  it('prepares each run, and then does the work once', async () => {
    const trace: string[] = [];
    await measure(1, [traced(trace, 'a')], settingOf({ rounds: 2 }));
    expect(trace).to.deep.equal(Array.from({ length: 3 }, () => ['prepare a', 'run a 1']).flat());
  });

  it('runs what needs no preparing for as long as the plan says, each as often as it can (M1)', async () => {
    const times: Record<string, number[]> = { quick: [], slow: [] };
    await timed((takes) => {
      const contender = (design: string, ms: number): Contender => ({
        design,
        run(count) {
          times[design]!.push(count);
          takes(ms * count);
        },
      });
      return measure(1, [contender('quick', 0.01), contender('slow', 0.1)], settingOf());
    });
    // Doubled until it takes half as long as the plan says; then timed, and run twice at most for the heap.
    const { runMs } = settingOf().plan;
    for (const [name, ms] of [
      ['quick', 0.01],
      ['slow', 0.1],
    ] as const) {
      const enough = Math.round(runMs / ms);
      expect(enough).to.be.greaterThan(2);
      expect(times[name]!.filter((count) => count === enough)).to.not.have.length(0);
    }
  });

  it('counts what is done while the clock runs, per request, and not what was prepared', async () => {
    const counting: Contender = {
      design: 'a',
      prepare: () => void (counters.headers += 1000),
      run(times) {
        counters.headers += 3 * times;
        counters.visited += 2 * times;
      },
    };
    const [row] = await measure(1, [counting], settingOf({ rounds: 2 }));
    expect(countsOf(row!)).to.deep.equal({ headers: 3, links: 0, callbacks: 0, visited: 2 });
  });

  it('counts per request also when the work is done many times', async () => {
    const counting: Contender = {
      design: 'a',
      run(times) {
        for (let i = 0; i < times; i++) counters.links += 5;
      },
    };
    const [row] = await measure(1, [counting], settingOf());
    expect(row!.figures['links']!.value).to.equal(5);
  });

  it('takes ratios against the first contender', async () => {
    const rows = await timed((takes) => {
      const contender = (design: string, ms: number): Contender => ({
        design,
        prepare: () => {},
        run: () => takes(ms),
      });
      return measure(8, [contender('base', 1), contender('thrice', 3)], settingOf({ rounds: 5 }));
    });
    expect(rows.map(({ design, x }) => [design, x])).to.deep.equal([
      ['base', 8],
      ['thrice', 8],
    ]);
    expect(rows[0]!.figures['time']!.ratio).to.deep.equal({ median: 1, low: 1, high: 1 });
    expect(rows.map(({ figures }) => figures['time']!.value)).to.deep.equal([1e6, 3e6]);
    expect(rows[1]!.figures['time']!.ratio).to.deep.equal({ median: 3, low: 3, high: 3 });
  });

  it('tells about how much of the heap was taken', async () => {
    let kept: unknown[] = [];
    const [row] = await timed((takes) => {
      const contender: Contender = {
        design: 'a',
        run(times) {
          kept = [];
          for (let i = 0; i < times; i++) kept.push(new Array<number>(100).fill(0.5));
          takes(times / 1000);
        },
      };
      return measure(1, [contender], settingOf({ rounds: 9 }));
    });
    expect(kept).to.not.have.length(0);
    expect(row!.figures['allocated']!.value).to.be.within(400, 2400);
  });

  it('hands on what the contender itself has counted in the run for the clock', async () => {
    let runs = 0;
    const contender: Contender = {
      design: 'a',
      prepare: () => {},
      run: () => {
        runs++;
      },
      extra: () => ({ runs }),
    };
    const [row] = await measure(1, [contender], settingOf());
    expect(row!.figures['runs']).to.deep.equal({ value: 2 });
  });

  it('waits for what ends later, and counts totals of the contender itself per request', async () => {
    let done = 0;
    const contender: Contender = {
      design: 'a',
      async run(times) {
        for (let i = 0; i < times; i++) await Promise.resolve();
        done += 2 * times;
      },
      totals: () => ({ done }),
    };
    const [row] = await measure(1, [contender], settingOf({ rounds: 2 }));
    expect(row!.figures['done']).to.deep.equal({ value: 2 });
    expect(row!.figures['time']!.rounds).to.have.length(2);
  });

  it('makes do with the rounds that it takes to tell, its share of them in a pass, when the time is up', async () => {
    for (const [rounds, passes, done] of [
      [40, 1, LEAST_ROUNDS],
      [40, 4, Math.ceil(LEAST_ROUNDS / 4)],
      [3, 1, 3],
    ] as const) {
      const trace: string[] = [];
      const setting = settingOf({ rounds, baton: soleBaton(() => true) });
      const plan = { ...setting.plan, passes };
      const rows = await measure(1, [traced(trace, 'a')], { ...setting, plan });
      expect(rows[0]!.figures['time']!.rounds).to.have.length(done);
    }
  });

  it('keeps what the contender has timed itself, one for each round, with ratios against the first', async () => {
    const contender = (design: string, factor: number): Contender => {
      let runs = 0;
      return {
        design,
        prepare: () => {},
        run: () => {
          runs++;
        },
        timings: () => ({ own: factor * runs }),
      };
    };
    const rows = await measure(1, [contender('a', 1), contender('b', 3)], settingOf({ rounds: 3 }));
    expect(rows.map(({ figures }) => figures['own'])).to.deep.equal([
      { value: 3, rounds: [2, 3, 4], ratio: { median: 1, low: 1, high: 1 } },
      { value: 9, rounds: [6, 9, 12], ratio: { median: 3, low: 3, high: 3 } },
    ]);
  });

  it('tells how much is done after each round', async () => {
    const told: number[] = [];
    await measure(1, [traced([], 'a')], settingOf({ rounds: 4, progress: (part) => void told.push(part) }));
    expect(told).to.deep.equal([0.25, 0.5, 0.75, 1]);
  });

  it('has no rows without contenders', async () => {
    expect(await measure(1, [], settingOf())).to.deep.equal([]);
  });

  it('throws what a contender throws', async () => {
    const failing: Contender = {
      design: 'a',
      run() {
        throw new Error('out of order');
      },
    };
    expect((await rejectionOf(measure(1, [failing], settingOf()))).message).to.equal('out of order');
  });

  it('ends between rounds when the signal aborts, with its reason', async () => {
    const controller = new AbortController();
    let runs = 0;
    const contender: Contender = {
      design: 'a',
      prepare: () => {},
      run() {
        if (++runs === 4) controller.abort(new Error('enough'));
      },
    };
    const { signal } = controller;
    const error = await rejectionOf(measure(1, [contender], settingOf({ rounds: 100, signal })));
    expect(error.message).to.equal('enough');
    expect(runs).to.equal(4);
  });

  it('ends also while it looks for how often to run', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const error = await rejectionOf(measure(1, [{ design: 'a', run: () => {} }], settingOf({ signal })));
    expect(error.message).to.equal('enough');
  });
});
