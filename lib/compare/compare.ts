import { StateError, ArgumentError } from '../wait/errors.js';
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
  /** Names of designs. Default: all. */
  designs?: readonly string[];
  /** Names of experiments; `real-file` is the main job. Default: all. */
  experiments?: readonly string[];
  /** Interleaved rounds of each experiment. Default 15. */
  rounds?: number;
  /** Rounds of the main job. Default 3. */
  fileRounds?: number;
  /** Where random workloads and resampling begin. Default 1. */
  seed?: number;
  /** Cancels the run. */
  signal?: AbortSignal;
  /** Called after each step, with what was done, how many steps are done, and of how many. */
  onProgress?: (step: string, done: number, total: number) => void;
}

/** What a run found; plain data. */
export interface Comparison {
  readonly runtime: string;
  readonly file: string;
  readonly rounds: number;
  readonly seed: number;
  /** Null when the main job was not asked for. */
  readonly realFile: readonly RealFileRow[] | null;
  readonly experiments: readonly ExperimentResult[];
}

export type ExperimentResult = Pick<Experiment, 'name' | 'title' | 'question' | 'xLabel'> & {
  readonly rows: readonly Row[];
};

/** The name of the main job among the experiments. */
export const REAL_FILE = 'real-file';

/**
 * Runs the main job and the experiments under each design.
 * @throws ArgumentError `ERR_DESIGN` or `ERR_EXPERIMENT` for an unknown name, before anything is run; StateError
 *   `ERR_MISMATCH` when what was read back is not what was written; the signal's reason when it aborts; errors of files
 */
export async function compare(options: CompareOptions = {}): Promise<Comparison> {
  const chosen = select('ERR_DESIGN', 'design', allDesigns, options.designs);
  const names = options.experiments ?? [REAL_FILE, ...experiments.map(({ name }) => name)];
  const runsFile = names.includes(REAL_FILE);
  const chosenExperiments = select(
    'ERR_EXPERIMENT',
    'experiment',
    experiments,
    names.filter((name) => name !== REAL_FILE),
    [REAL_FILE],
  );
  const rounds = options.rounds ?? 15;
  const fileRounds = options.fileRounds ?? 3;
  const total =
    (runsFile ? fileRounds * chosen.length : 0) +
    chosenExperiments.reduce((sum, experiment) => sum + experiment.points.length, 0);
  let done = 0;
  const setting: Setting = {
    designs: chosen,
    rounds,
    seed: options.seed ?? 1,
    signal: options.signal ?? new AbortController().signal,
    progress: (step) => options.onProgress?.(step, ++done, total),
  };
  setting.signal.throwIfAborted();
  const file = options.file ?? process.execPath;
  const realFile = runsFile ? await runRealFile(file, { ...setting, rounds: fileRounds }) : null;
  checkVerified(realFile ?? []);
  const results: ExperimentResult[] = [];
  for (const { name, title, question, xLabel, ...experiment } of chosenExperiments) {
    results.push({ name, title, question, xLabel, rows: await experiment.run(setting) });
  }
  const runtime = `Node.js ${process.version}, ${process.platform} ${process.arch}`;
  return { runtime, file, rounds, seed: setting.seed, realFile, experiments: results };
}

function checkVerified(rows: readonly RealFileRow[]): void {
  for (const { design, verified, sha256 } of rows) {
    if (verified) continue;
    throw new StateError('ERR_MISMATCH', `Under ${design} the file read back differs from the one written, ${sha256}`);
  }
}

function select<N extends Strategy | Experiment>(
  code: string,
  kind: string,
  known: readonly N[],
  names: readonly string[] | undefined,
  alsoKnown: readonly string[] = [],
): N[] {
  if (names === undefined) return [...known];
  for (const name of names) {
    if (known.some((each) => each.name === name)) continue;
    const list = [...alsoKnown, ...known.map((each) => each.name)].join(', ');
    throw new ArgumentError(code, `Unknown ${kind} '${name}'; known are ${list}`);
  }
  return known.filter((each) => names.includes(each.name));
}
