import { ArgumentError, ArgumentRangeError, LONGEST_DELAY_MS } from '../wait/errors.js';
import type { Strategy } from '../io/index.js';
import { chooseDesigns, chooseExperiments } from './choose.js';
import type { Experiment, Metric, Row } from './experiment.js';
import { experiments, knownExperiments } from './experiments.js';
import type { Machine } from './machine.js';
import { LEAST_ROUNDS, plans, type Plan } from './plan.js';
import type { Rival, RivalCapabilities } from './rival.js';
import { rivals as allRivals } from './rivals.js';
import { readTrace } from './traces/trace.js';
import { Run } from './run.js';

/** What {@link compare} asks of whom, and how thoroughly. All of it can be left out. */
export interface CompareOptions {
  /** The file that goes through the stack. Default: the program that runs this, which every machine has. */
  file?: string;
  /**
   * A block trace to replay: MSR-Cambridge CSV, fio iolog or blkparse text, which the experiment `trace` then does beside the
   * replays of those that come with the package.
   */
  trace?: string | null;
  /**
   * Names of designs, addresses of modules whose default export is one, or designs of your own. Ratios are taken against
   * the first. With one that is an object all run in this thread, for it cannot go to another. Default: all.
   */
  designs?: readonly (string | URL | Strategy | Rival)[];
  /** Names of experiments, addresses of modules, or experiments of your own, which run in this thread. Default: all. */
  experiments?: readonly (string | URL | Experiment)[];
  /** How much time it may take: `quick` is one to two minutes, `thorough` under a quarter of an hour. Default `full`. */
  plan?: Plan['name'];
  /** Interleaved rounds of each experiment. Fewer than 15 tell nothing, and are not warmed up for. Default: the plan's. */
  rounds?: number;
  /** Rounds of experiments on a real file. Default: the plan's. */
  fileRounds?: number;
  /** What the run may take, in milliseconds; null for as long as it takes. Default: the plan's. */
  budgetMs?: number | null;
  /**
   * Whether each design has a thread of its own, where it can. In one thread what designs have in common sees the objects of
   * all, which slows down those that have most in common; it is the quicker start. Default true.
   */
  threads?: boolean;
  /** Where random workloads and resampling begin. Default 1. */
  seed?: number;
  /** Ends the run early, with what has been found until then. */
  signal?: AbortSignal;
  /**
   * Called at the start and as it goes on, with what is being measured, and how much of how much is done: each point of an
   * experiment is 100.
   */
  onProgress?: (step: string, done: number, total: number) => void;
  /** Called with what an experiment has found, as soon as it is through, and when it was interrupted. */
  onResult?: (result: ExperimentResult, comparison: Comparison) => void;
}

/** What a run found; plain data. */
export interface Comparison {
  /** What it ran on. */
  readonly machine: Machine;
  readonly designs: readonly { readonly name: string; readonly capabilities: RivalCapabilities }[];
  /** The design that ratios are against. */
  readonly base: string;
  readonly file: string;
  readonly trace: string | null;
  readonly plan: Plan;
  readonly seed: number;
  /** Whether the signal ended it before it was through. */
  readonly interrupted: boolean;
  /** What was left out because the time was used up, an entry for each experiment: `depth from layers 32 on`. */
  readonly leftOut: readonly string[];
  readonly experiments: readonly ExperimentResult[];
}

/** What was found of one experiment: its rows, and its answer. */
export type ExperimentResult = Pick<Experiment, 'name' | 'title' | 'question' | 'unit' | 'xLabel' | 'decides'> & {
  /** Those of which there are figures. */
  readonly metrics: readonly Metric[];
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Whether each design had a thread of its own, and nothing in common with others that could slow it down. */
  readonly threads: boolean;
  /** Where the interval of each comparison was resampled from. */
  readonly seed: number;
};

/**
 * Runs the experiments under each design. When the signal aborts it resolves with what was found until then, and
 * `interrupted` says so; when the budget is used up, `leftOut` does.
 * @throws ArgumentError `ERR_DESIGN`, `ERR_EXPERIMENT` or `ERR_PLAN` for an unknown name, a module without one, or a list of
 *   none, `ERR_TRACE` or `ERR_FILE` for a trace that is none, ArgumentRangeError `ERR_ROUNDS` or `ERR_BUDGET`, before anything is run; StateError `ERR_NO_ROW` when an experiment
 *   passes over a design, `ERR_THREAD` when a thread ends by itself; what an experiment throws
 */
export async function compare(options: CompareOptions = {}): Promise<Comparison> {
  const { file = process.execPath, trace = null, seed = 1, onProgress } = options;
  const designs = await chooseDesigns(options.designs ?? allRivals);
  const chosen = await chooseExperiments(options.experiments ?? (trace === null ? experiments : knownExperiments));
  const plan = planOf(options);
  if (trace !== null) await readTrace(trace);
  const run = new Run(designs, chosen, plan, options, { file, trace, seed });
  onProgress?.('starting', 0, run.total);
  try {
    for (const experiment of chosen) {
      if (!(await run.experiment(experiment))) break;
    }
  } finally {
    run.end();
  }
  return run.found();
}

function planOf({ plan: name = 'full', rounds, fileRounds, budgetMs }: CompareOptions): Plan {
  if (!Object.hasOwn(plans, name)) {
    throw new ArgumentError('ERR_PLAN', `Unknown plan '${name}'; known are ${Object.keys(plans).join(', ')}`);
  }
  const plan = plans[name];
  const changed = {
    ...plan,
    rounds: rounds ?? plan.rounds,
    warmMs: (rounds ?? plan.rounds) < LEAST_ROUNDS ? 0 : plan.warmMs,
    fileRounds: fileRounds ?? plan.fileRounds,
    budgetMs: budgetMs === undefined ? plan.budgetMs : budgetMs,
  };
  for (const field of ['rounds', 'fileRounds'] as const) {
    if (Number.isSafeInteger(changed[field]) && changed[field] >= 1) continue;
    throw new ArgumentRangeError(
      'ERR_ROUNDS',
      `${field} must be a whole number from 1 up, got ${String(changed[field])}`,
    );
  }
  const { budgetMs: budget } = changed;
  if (budget !== null && !(budget > 0 && budget <= LONGEST_DELAY_MS)) {
    throw new ArgumentRangeError(
      'ERR_BUDGET',
      `budgetMs must be from 0 to ${String(LONGEST_DELAY_MS)}, or null, got ${String(budget)}`,
    );
  }
  return changed;
}
