import type { Counters, Strategy } from '../io/index.js';
import type { Estimate } from './statistics.js';

/** What an experiment is given to run with. */
export interface Setting {
  readonly designs: readonly Strategy[];
  /** Interleaved rounds; every design is measured once in each. */
  readonly rounds: number;
  readonly seed: number;
  /** Aborts the run; experiments look at it between rounds and hand it to requests. */
  readonly signal: AbortSignal;
  /** Called as work gets done. */
  readonly progress: (step: string) => void;
}

/** One design at one point of an experiment. Times are per request. */
export interface Row {
  readonly design: string;
  /** The point: how deep, how wide, how many. */
  readonly x: number;
  /** Nanoseconds, the median over rounds. */
  readonly ns: number;
  /** Against the first design, of the same rounds; above 1 is slower. */
  readonly ratio: Estimate;
  /** Heap bytes allocated; NaN, in JSON null, when a garbage collection came in every round. */
  readonly bytes: number;
  /** What was counted while the clock ran. */
  readonly counts: Readonly<Counters>;
  /** What else the experiment counted, by name. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** A question, the designs' ways of answering it, and what is counted and timed. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** The points in one word, such as `layers`: the heading of their column. */
  readonly unit: string;
  /** What the points are: the axis of the plot. */
  readonly xLabel: string;
  /** Where it measures. `progress` is called once for each. */
  readonly points: readonly number[];
  run(setting: Setting): Promise<Row[]>;
}
