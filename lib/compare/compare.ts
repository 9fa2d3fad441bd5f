import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { Strategy } from '../io/index.js';
import { designs as allDesigns } from './designs.js';
import type { Experiment, Row, Setting } from './experiment.js';
import { cancel } from './experiments/cancel.js';
import { depth } from './experiments/depth.js';
import { fanOut } from './experiments/fan-out.js';
import { runRealFile, type RealFileRow } from './real-file.js';

/** The experiments, in the order of the report. */
export const experiments: readonly Experiment[] = [depth, fanOut, cancel];

export interface CompareOptions {
  /** The file that goes through the stack. Default: the program that runs this, which every machine has. */
  file?: string;
  /** Names of designs, or designs of your own. Ratios are taken against the first. Default: all. */
  designs?: readonly (string | Strategy)[];
  /** Names of experiments, or experiments of your own; `real-file` is the main job. Default: all. */
  experiments?: readonly (string | Experiment)[];
  /** Interleaved rounds of each experiment. Default 15. */
  rounds?: number;
  /** Rounds of the main job. Default 3. */
  fileRounds?: number;
  /** Where random workloads and resampling begin. Default 1. */
  seed?: number;
  /** Cancels the run. */
  signal?: AbortSignal;
  /** Called at the start and after each step, with what was done, how many steps are done, and of how many. */
  onProgress?: (step: string, done: number, total: number) => void;
}

/** What a run found; plain data. */
export interface Comparison {
  /** What it ran on. */
  readonly runtime: string;
  /** The design that ratios are against. */
  readonly base: string;
  readonly file: string;
  readonly rounds: number;
  readonly seed: number;
  /** Null when the main job was not asked for. */
  readonly realFile: readonly RealFileRow[] | null;
  readonly experiments: readonly ExperimentResult[];
}

export type ExperimentResult = Pick<Experiment, 'name' | 'title' | 'question' | 'unit' | 'xLabel'> & {
  readonly rows: readonly Row[];
};

/** The name of the main job among the experiments. */
export const REAL_FILE = 'real-file';

/**
 * Runs the main job and the experiments under each design.
 * @throws ArgumentError `ERR_DESIGN` or `ERR_EXPERIMENT` for an unknown name or a list of none, ArgumentRangeError
 *   `ERR_ROUNDS`, before anything is run; ArgumentError `ERR_FILE` for what is not a regular file; StateError
 *   `ERR_MISMATCH` when what was read back is not what was written; when the signal aborts, its reason or the IoError of
 *   the request that it cancelled; errors of files
 */
export async function compare(options: CompareOptions = {}): Promise<Comparison> {
  const { file = process.execPath, seed = 1, rounds = 15, fileRounds = 3, onProgress } = options;
  const designs = select('design', allDesigns, options.designs ?? allDesigns);
  const chosen = select<Experiment | typeof mainJob>(
    'experiment',
    [mainJob, ...experiments],
    options.experiments ?? [mainJob, ...experiments],
  );
  checkRounds('rounds', rounds);
  checkRounds('fileRounds', fileRounds);
  const others = chosen.filter((each) => 'run' in each);
  const runsFile = others.length < chosen.length;
  const total =
    (runsFile ? fileRounds * designs.length : 0) +
    others.reduce((sum, experiment) => sum + experiment.points.length, 0);
  let done = 0;
  const setting: Setting = {
    designs,
    rounds,
    seed,
    signal: options.signal ?? new AbortController().signal,
    progress: (step) => onProgress?.(step, ++done, total),
  };
  setting.signal.throwIfAborted();
  onProgress?.('starting', 0, total);
  const realFile = runsFile ? await runRealFile(file, { ...setting, rounds: fileRounds }) : null;
  checkVerified(realFile ?? []);
  const results: ExperimentResult[] = [];
  for (const experiment of others) {
    const { name, title, question, unit, xLabel } = experiment;
    results.push({ name, title, question, unit, xLabel, rows: await experiment.run(setting) });
  }
  const runtime = `Node.js ${process.version}, ${process.platform} ${process.arch}`;
  return { runtime, base: (designs[0] as Strategy).name, file, rounds, seed, realFile, experiments: results };
}

/** Stands for the main job among the experiments. */
const mainJob = { name: REAL_FILE };

function checkVerified(rows: readonly RealFileRow[]): void {
  for (const { design, verified, sha256 } of rows) {
    if (verified) continue;
    throw new StateError('ERR_MISMATCH', `Under ${design} the file read back differs from the one written, ${sha256}`);
  }
}

function checkRounds(field: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new ArgumentRangeError('ERR_ROUNDS', `${field} must be a whole number from 1 up, got ${String(value)}`);
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
  return [...new Set(chosen)];
}
