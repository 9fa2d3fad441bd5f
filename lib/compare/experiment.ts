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
  /** Heap bytes allocated. */
  readonly bytes: number;
  readonly counts: Readonly<Counters>;
  /** What else the experiment counted, by name. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** A question, the designs' ways of answering it, and what is counted and timed. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What the points are. */
  readonly xLabel: string;
  /** How many steps `progress` is told of, for so many points; for the time left. */
  readonly points: readonly number[];
  run(setting: Setting): Promise<Row[]>;
}
