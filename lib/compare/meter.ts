import { setImmediate as nextTask } from 'node:timers/promises';
import { counters } from '../io/index.js';
import type { Figure, Row, Setting } from './experiment.js';
import { leastRounds, type Plan } from './plan.js';
import { estimate, median } from './statistics.js';

/** One way of doing the work, under measurement. */
export interface Contender {
  readonly design: string;
  /** Does the work `times` times: before it returns, or before what it returns resolves. */
  run(times: number): void | Promise<void>;
  /** Sets up one run, neither timed nor counted; the work is then done once per run. */
  prepare?(): void | Promise<void>;
  /** Totals that only grow; the figure is what a run has added to them, per request. */
  totals?(): Readonly<Record<string, number>>;
  /** Tidies up after a run and tells what the contender itself has found in it, per request. */
  extra?(): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** Further figures of the run that have a spread, told after `extra`. */
  timings?(): Readonly<Record<string, number>>;
}

interface Samples {
  readonly ns: number[];
  readonly bytes: number[];
  /** By name, what the contender has timed itself, one for each round. */
  readonly own: Map<string, number[]>;
  found: Readonly<Record<string, number>>;
}

/**
 * Measures contenders interleaved: each once per round, the order rotated, so that what disturbs the machine disturbs
 * all alike. Each does the work for as long as the others, as often as it can: were it as often, the quickest would be
 * timed for moments, in which nothing is in the cache yet and no garbage is collected. Ratios are taken within a round,
 * against the first contender. When the time for the point is up, it makes do with the rounds that it takes to tell a
 * difference.
 * @throws the signal's reason when it aborts; what a contender throws
 */
export async function measure(x: number, contenders: readonly Contender[], setting: Setting): Promise<Row[]> {
  if (contenders.length === 0) return [];
  const { plan, signal, baton, seed } = setting;
  const times: number[] = [];
  for (const contender of contenders) {
    times.push(await warmUp(contender, plan, signal));
  }
  const samples = contenders.map((): Samples => ({ ns: [], bytes: [], own: new Map(), found: {} }));
  for (let round = 0; round < plan.rounds; round++) {
    if ((await baton.pass()) && round >= leastRounds(plan)) break;
    for (let i = 0; i < contenders.length; i++) {
      const index = (i + round) % contenders.length;
      await sample(contenders[index] as Contender, times[index] as number, samples[index] as Samples);
    }
    await nextTask();
    signal.throwIfAborted();
    setting.progress((round + 1) / plan.rounds);
  }
  const [base] = samples as [Samples];
  return contenders.map(({ design }, i) => {
    const { ns, bytes, own, found } = samples[i] as Samples;
    const figures: Record<string, Figure> = {};
    for (const [name, value] of Object.entries(found)) figures[name] = { value };
    for (const [name, rounds] of own) figures[name] = timed(rounds, base.own.get(name) ?? rounds, seed);
    // A garbage collection came in every round when none is left.
    const allocated = bytes.filter((value) => value >= 0);
    figures['allocated'] = { value: allocated.length === 0 ? null : median(allocated) };
    figures['time'] = timed(ns, base.ns, seed);
    return { design, x, cannot: null, figures };
  });
}

/**
 * A figure of one value per round, against those of the first design in the same rounds; with how many each pass had, where
 * there were several.
 */
export function timed(
  rounds: readonly number[],
  base: readonly number[],
  seed: number,
  passes: readonly number[] = [rounds.length],
): Figure {
  const figure = { value: median(rounds), rounds, ...(passes.length > 1 ? { passes } : {}) };
  if (rounds === base) return { ...figure, ratio: { median: 1, low: 1, high: 1 } };
  const ratios = rounds.map((value, round) => value / (base[round] as number));
  return { ...figure, ratio: estimate(ratios, seed, passes) };
}

/** Warm-up is over when so many slices in a row were not faster than the best before them, by more than a thirtieth. */
const STEADY_SLICES = 3;
/** Slices that the time for warming up is taken in. */
const SLICES = 8;
/** Of work that takes no time. */
const MOST_TIMES = 2 ** 30;

/**
 * Runs it until what is hot has been compiled: for this long, and on while it still gets faster, but at most four times as
 * long. Answers how many times it does the work in a run as long as the plan says. What has to be prepared does it once in
 * each, and is run at least once.
 */
async function warmUp(contender: Contender, { warmMs, runMs }: Plan, signal: AbortSignal): Promise<number> {
  const start = performance.now();
  const sliceNs = (warmMs * 1e6) / SLICES;
  const runNs = runMs * 1e6;
  let best = Infinity;
  let steady = 0;
  for (let times = 1; ;) {
    await contender.prepare?.();
    const taken = await clock(contender, times);
    await contender.extra?.();
    signal.throwIfAborted();
    const elapsed = performance.now() - start;
    const once = contender.prepare !== undefined;
    if (!once && times < MOST_TIMES && taken < Math.max(sliceNs, runNs / 2)) {
      times *= 2;
      continue;
    }
    steady = taken / times > best * (29 / 30) ? steady + 1 : 0;
    best = Math.min(best, taken / times);
    if (elapsed < 4 * warmMs && (elapsed < warmMs || steady < STEADY_SLICES)) continue;
    return once ? 1 : Math.min(MOST_TIMES, Math.max(1, Math.round(runNs / best)));
  }
}

/** Nanoseconds. A contender that is done when it returns is not charged a turn of the loop. */
async function clock(contender: Contender, times: number): Promise<number> {
  const start = process.hrtime.bigint();
  const pending = contender.run(times);
  if (pending !== undefined) await pending;
  return Number(process.hrtime.bigint() - start);
}

async function sample(contender: Contender, times: number, into: Samples): Promise<void> {
  await contender.prepare?.();
  const before = totalsOf(contender);
  const heap = contender.prepare === undefined ? NaN : process.memoryUsage().heapUsed;
  into.ns.push((await clock(contender, times)) / times);
  // Preparing may be what takes longest, so that a run that needs it serves the clock and the heap.
  const once = process.memoryUsage().heapUsed - heap;
  const after = totalsOf(contender);
  const found = Object.entries(after).map(([name, total]) => [name, (total - (before[name] as number)) / times]);
  into.found = { ...(Object.fromEntries(found) as Record<string, number>), ...(await contender.extra?.()) };
  for (const [name, value] of Object.entries(contender.timings?.() ?? {})) {
    const values = into.own.get(name);
    if (values === undefined) into.own.set(name, [value]);
    else values.push(value);
  }
  into.bytes.push(contender.prepare === undefined ? await allocated(contender, times) : once);
}

function totalsOf(contender: Contender): Record<string, number> {
  return { ...counters, ...contender.totals?.() };
}

/** Enough for the heap's own accounting, too little to bring on a collection in most rounds. */
const ALLOCATION_BYTES = 256 * 1024;

/** Heap bytes per request, of fewer requests than are timed: a collection in between would hide what came before it. */
async function allocated(contender: Contender, times: number): Promise<number> {
  const few = Math.min(times, 16);
  const once = await grown(contender, few);
  const more = Math.min(times, Math.max(few, Math.floor(ALLOCATION_BYTES / Math.max(once, 1))));
  return more === few ? once : grown(contender, more);
}

async function grown(contender: Contender, times: number): Promise<number> {
  const heap = process.memoryUsage().heapUsed;
  const pending = contender.run(times);
  if (pending !== undefined) await pending;
  return (process.memoryUsage().heapUsed - heap) / times;
}
