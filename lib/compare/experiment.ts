import type { Baton } from './baton.js';
import type { Plan } from './plan.js';
import type { Rival } from './rival.js';
import type { Estimate } from './statistics.js';

/** What an experiment is given to run with. */
export interface Setting {
  /**
   * The designs that run in this thread, in order; ratios are against the first. In a thread of its own it is one, and
   * ratios are taken when all are through. The last is the edge alone, where it takes part.
   */
  readonly rivals: readonly Rival[];
  readonly plan: Plan;
  readonly seed: number;
  /** The file for experiments on a real one. */
  readonly file: string;
  /** The block trace for experiments that replay one; null for those that come with the package. */
  readonly trace: string | null;
  /** Aborts the run; experiments look at it between rounds and hand it to requests. */
  readonly signal: AbortSignal;
  /** To be passed on before each round, so that designs in threads of their own are measured in turns. */
  readonly baton: Baton;
  /** Tells something beside the figures, once: what was sent, what was found equal. */
  readonly note: (text: string) => void;
  /** Tells how much of this point is done, from 0 to 1. */
  readonly progress: (part: number) => void;
}

/**
 * A question, the rivals' ways of answering it, and what is counted and timed. To add one, write a file with an object of
 * this type and hand it to `compare({ experiments: […] })`; `contend` builds the rivals' stacks and `measure` runs them.
 */
export interface Experiment {
  /** By which it is chosen, and its files are named. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** The points in one word, such as `layers`: the heading of their column. */
  readonly unit: string;
  /** What the points are: the axis of the plot. */
  readonly xLabel: string;
  /** Where it measures, ascending, by how much time there is. */
  readonly points: Readonly<Record<Plan['name'], readonly number[]>>;
  /** What it measures beyond what every experiment does, by the names of figures. */
  readonly metrics: readonly Metric[];
  /** The names of the metrics that answer the question, the first one first. */
  readonly decides: readonly string[];
  /** 1 where a round takes seconds, so that beginning anew tells no more than another round does. Default: the plan's. */
  readonly passes?: 1;
  /** Measures all rivals at one point: a row for each, in their order. */
  at(point: number, setting: Setting): Promise<Row[]>;
}

/** What figures of one name are of. */
export interface Metric {
  readonly name: string;
  /** `''` for plain numbers. */
  readonly unit: 'ns' | 'B' | 'B/s' | '';
  readonly better: 'less' | 'more';
  /**
   * `exact`: counted, the same whenever it is run. `measured`: off by little; what differs by less than a twentieth counts
   * as equal. `timed`: has a spread, and is compared by ratios within a round.
   */
  readonly kind: 'exact' | 'measured' | 'timed';
  /** What is measured, per what. */
  readonly meaning: string;
}

/** One design at one point of an experiment. */
export interface Row {
  readonly design: string;
  /** The point: how deep, how wide, how many. */
  readonly x: number;
  /** Why the design has no figures here; null when it has. */
  readonly cannot: string | null;
  /** By the names of metrics. */
  readonly figures: Readonly<Record<string, Figure>>;
}

/** One figure of a row, with how sure it is. */
export interface Figure {
  /** The median over rounds, or what was counted; null when it is not known. */
  readonly value: number | null;
  /** Of a timed figure: one for each round. */
  readonly rounds?: readonly number[];
  /** How many of the rounds each pass had, in order; absent where there was one. */
  readonly passes?: readonly number[];
  /** Of a timed figure: against the first design that has one, of the same rounds; above 1 is more. */
  readonly ratio?: Estimate;
}
