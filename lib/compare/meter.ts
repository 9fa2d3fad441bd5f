import { setImmediate as nextTask } from 'node:timers/promises';
import { counters, type Counters } from '../io/index.js';
import type { Row, Setting } from './experiment.js';
import { estimate, median } from './statistics.js';

/** One way of doing the work, under measurement. */
export interface Contender {
  readonly design: string;
  /** Does the work `times` times, before it returns. */
  run(times: number): void;
  /** Sets up one run, neither timed nor counted; the work is then done once per run. */
  prepare?(): void;
  /** Tidies up after a run and tells what the contender itself has counted in it, per request. */
  extra?(): Record<string, number>;
}

interface Samples {
  readonly ns: number[];
  readonly bytes: number[];
  counts: Counters;
  extra: Record<string, number> | undefined;
}

/** How long one timed run should take, in milliseconds: long enough for the clock, short enough for many rounds. */
const RUN_MS = 4;

/**
 * Measures contenders interleaved: each once per round, the order rotated, so that what disturbs the machine disturbs
 * all alike. Ratios are taken within a round, against the first contender.
 * @throws the signal's reason when it aborts; what a contender throws
 */
export async function measure(x: number, contenders: readonly Contender[], setting: Setting): Promise<Row[]> {
  if (contenders.length === 0) return [];
  const times = await calibrate(contenders, setting.signal);
  const samples = contenders.map((): Samples => ({ ns: [], bytes: [], counts: { ...counters }, extra: undefined }));
  for (let round = 0; round < setting.rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const index = (i + round) % contenders.length;
      sample(contenders[index] as Contender, times, samples[index] as Samples);
    }
    await nextTask();
    setting.signal.throwIfAborted();
  }
  const base = samples[0] as Samples;
  return contenders.map((contender, i) => {
    const { ns, bytes, counts, extra } = samples[i] as Samples;
    const ratios = ns.map((value, round) => value / (base.ns[round] as number));
    return {
      design: contender.design,
      x,
      ns: median(ns),
      ratio: estimate(ratios, setting.seed),
      bytes: median(bytes.filter((value) => value >= 0)),
      counts,
      ...(extra === undefined ? {} : { extra }),
    };
  });
}

/** How many times the work is done in a run: the same for all contenders, from the slowest of them. */
async function calibrate(contenders: readonly Contender[], signal: AbortSignal): Promise<number> {
  let times = 1;
  for (const contender of contenders) if (contender.prepare !== undefined) return warm(contenders, times);
  for (;;) {
    const slowest = Math.max(...contenders.map((contender) => time(contender, times)));
    if (slowest >= RUN_MS * 1e6) return warm(contenders, times);
    times *= 2;
    await nextTask();
    signal.throwIfAborted();
  }
}

function warm(contenders: readonly Contender[], times: number): number {
  for (const contender of contenders) {
    time(contender, times);
    contender.extra?.();
  }
  return times;
}

function time(contender: Contender, times: number): number {
  contender.prepare?.();
  return clock(contender, times);
}

function clock(contender: Contender, times: number): number {
  const start = process.hrtime.bigint();
  contender.run(times);
  return Number(process.hrtime.bigint() - start);
}

function sample(contender: Contender, times: number, into: Samples): void {
  contender.prepare?.();
  const before = { ...counters };
  into.ns.push(clock(contender, times) / times);
  into.counts = perRequest(before, times);
  into.extra = contender.extra?.();
  into.bytes.push(allocated(contender, times));
  contender.extra?.();
}

/** Enough for the heap's own accounting, too little to bring on a collection in most rounds. */
const ALLOCATION_BYTES = 256 * 1024;

/** Heap bytes per request, of fewer requests than are timed: a collection in between would hide what came before it. */
function allocated(contender: Contender, times: number): number {
  const few = contender.prepare === undefined ? Math.min(times, 16) : times;
  const once = grown(contender, few);
  const more = Math.min(times, Math.max(few, Math.floor(ALLOCATION_BYTES / Math.max(once, 1))));
  return more === few ? once : grown(contender, more);
}

function grown(contender: Contender, times: number): number {
  contender.prepare?.();
  const heap = process.memoryUsage().heapUsed;
  contender.run(times);
  return (process.memoryUsage().heapUsed - heap) / times;
}

function perRequest(before: Counters, times: number): Counters {
  return {
    headers: (counters.headers - before.headers) / times,
    links: (counters.links - before.links) / times,
    callbacks: (counters.callbacks - before.callbacks) / times,
    visited: (counters.visited - before.visited) / times,
  };
}
