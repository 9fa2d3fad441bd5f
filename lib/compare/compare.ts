import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import type { Strategy } from '../io/index.js';
import type { Experiment, Metric, Row } from './experiment.js';
import { experiments } from './experiments.js';
import { commonMetrics } from './metrics.js';
import { plans, type Plan } from './plan.js';
import type { Rival, RivalCapabilities } from './rival.js';
import { rivals as allRivals } from './rivals.js';
import { edge } from './rivals/edge.js';
import { strategyRival } from './rivals/strategy.js';

export interface CompareOptions {
  /** The file that goes through the stack. Default: the program that runs this, which every machine has. */
  file?: string;
  /** Names of designs, or designs of your own. Ratios are taken against the first. Default: all. */
  designs?: readonly (string | Strategy | Rival)[];
  /** Names of experiments, or experiments of your own. Default: all. */
  experiments?: readonly (string | Experiment)[];
  /** How much time it may take: `quick` is under a minute, `thorough` under a quarter of an hour. Default `full`. */
  plan?: Plan['name'];
  /** Interleaved rounds of each experiment. Default: the plan's. */
  rounds?: number;
  /** Rounds of experiments on a real file. Default: the plan's. */
  fileRounds?: number;
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
  readonly runtime: string;
  readonly designs: readonly { readonly name: string; readonly capabilities: RivalCapabilities }[];
  /** The design that ratios are against. */
  readonly base: string;
  readonly file: string;
  readonly plan: Plan;
  readonly seed: number;
  /** Whether the signal ended it before it was through. */
  readonly interrupted: boolean;
  readonly experiments: readonly ExperimentResult[];
}

export type ExperimentResult = Pick<Experiment, 'name' | 'title' | 'question' | 'unit' | 'xLabel' | 'decides'> & {
  /** Those of which there are figures. */
  readonly metrics: readonly Metric[];
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Where the interval of each comparison was resampled from. */
  readonly seed: number;
};

/**
 * Runs the experiments under each design. When the signal aborts it resolves with what was found until then, and
 * `interrupted` says so.
 * @throws ArgumentError `ERR_DESIGN`, `ERR_EXPERIMENT` or `ERR_PLAN` for an unknown name or a list of none,
 *   ArgumentRangeError `ERR_ROUNDS`, before anything is run; what an experiment throws
 */
export async function compare(options: CompareOptions = {}): Promise<Comparison> {
  const { file = process.execPath, seed = 1, onProgress, onResult } = options;
  const designs = designsOf(options.designs ?? allRivals);
  const chosen = select('experiment', experiments, options.experiments ?? experiments);
  const plan = planOf(options);
  const signal = options.signal ?? new AbortController().signal;
  const common = { rivals: [...designs, edge], plan, seed, file, signal };
  const results: ExperimentResult[] = [];
  const found = (interrupted: boolean): Comparison => ({
    runtime: `Node.js ${process.version}, ${process.platform} ${process.arch}`,
    designs: designs.map(({ name, capabilities }) => ({ name, capabilities })),
    base: (designs[0] as Rival).name,
    file,
    plan,
    seed,
    interrupted,
    experiments: [...results],
  });
  const total = 100 * chosen.reduce((sum, { points }) => sum + points[plan.name].length, 0);
  let done = 0;
  onProgress?.('starting', 0, total);
  for (const experiment of chosen) {
    const rows: Row[] = [];
    const notes: string[] = [];
    const note = (text: string): void => {
      if (!notes.includes(text)) notes.push(text);
    };
    const tell = (): void => {
      results.push(resultOf(experiment, rows, notes, seed));
      onResult?.(results.at(-1) as ExperimentResult, found(signal.aborted));
    };
    try {
      for (const point of experiment.points[plan.name]) {
        signal.throwIfAborted();
        const step = `${experiment.name}, ${experiment.unit} ${String(point)}`;
        const progress = (part: number): void => onProgress?.(step, done + Math.floor(part * 100), total);
        progress(0);
        rows.push(...(await experiment.at(point, { ...common, note, progress })));
        onProgress?.(step, (done += 100), total);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      if (rows.length > 0) tell();
      return found(true);
    }
    tell();
  }
  return found(false);
}

function resultOf(
  experiment: Experiment,
  rows: readonly Row[],
  notes: readonly string[],
  seed: number,
): ExperimentResult {
  const { name, title, question, unit, xLabel, decides } = experiment;
  const named = new Set(rows.flatMap(({ figures }) => Object.keys(figures)));
  const metrics = [...experiment.metrics, ...commonMetrics].filter((metric) => named.has(metric.name));
  return { name, title, question, unit, xLabel, decides, metrics, rows, notes, seed };
}

function designsOf(wanted: readonly (string | Strategy | Rival)[]): Rival[] {
  const found = wanted.map((each) => (typeof each === 'object' && 'root' in each ? strategyRival(each) : each));
  return select('design', allRivals, found);
}

function planOf({ plan: name = 'full', rounds, fileRounds }: CompareOptions): Plan {
  if (!Object.hasOwn(plans, name)) {
    throw new ArgumentError('ERR_PLAN', `Unknown plan '${name}'; known are ${Object.keys(plans).join(', ')}`);
  }
  const plan = plans[name];
  const changed = { ...plan, rounds: rounds ?? plan.rounds, fileRounds: fileRounds ?? plan.fileRounds };
  for (const field of ['rounds', 'fileRounds'] as const) {
    if (Number.isSafeInteger(changed[field]) && changed[field] >= 1) continue;
    throw new ArgumentRangeError(
      'ERR_ROUNDS',
      `${field} must be a whole number from 1 up, got ${String(changed[field])}`,
    );
  }
  return changed;
}

/** What is wanted, each once, in the order in which it is named. */
function select<N extends { readonly name: string }>(
  kind: 'design' | 'experiment',
  known: readonly N[],
  wanted: readonly (string | N)[],
): N[] {
  const code = `ERR_${kind.toUpperCase()}`;
  const list = known.map(({ name }) => name).join(', ');
  if (wanted.length === 0) throw new ArgumentError(code, `Name at least one ${kind}; known are ${list}`);
  const chosen = wanted.map((each) => {
    if (typeof each !== 'string') return each;
    const found = known.find(({ name }) => name === each);
    if (found === undefined) throw new ArgumentError(code, `Unknown ${kind} '${each}'; known are ${list}`);
    return found;
  });
  const unique = [...new Set(chosen)];
  // Figures are kept by name.
  const twice = unique.find(({ name }, i) => unique.findIndex((other) => other.name === name) < i);
  if (twice !== undefined) throw new ArgumentError(code, `Two of them are called '${twice.name}'; names must differ`);
  return unique;
}
