import { StateError } from '../wait/errors.js';
import { soleBaton } from './baton.js';
import type { Chosen } from './choose.js';
import type { Comparison, CompareOptions, ExperimentResult } from './compare.js';
import type { Experiment, Row } from './experiment.js';
import { machine } from './machine.js';
import { commonMetrics } from './metrics.js';
import { joinPasses } from './passes.js';
import { LEAST_ROUNDS, planOfPass, type Plan } from './plan.js';
import type { Rival } from './rival.js';
import { edge } from './rivals/edge.js';
import { startThreads, type Runner, type Task } from './threads.js';
import { Timetable } from './timetable.js';

/** One run of a comparison. */
export class Run {
  readonly total: number;
  private readonly designs: readonly Chosen<Rival>[];
  private readonly options: CompareOptions;
  private readonly task: Omit<Task, 'experiment'>;
  private readonly timetable: Timetable;
  private readonly results: ExperimentResult[] = [];
  private readonly leftOut: string[] = [];
  private readonly stop = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly abort = (): void => this.stop.abort(this.options.signal?.reason);
  private done = 0;

  constructor(
    designs: readonly Chosen<Rival>[],
    chosen: readonly Chosen<Experiment>[],
    plan: Plan,
    options: CompareOptions,
    { file, trace, seed }: Pick<Task, 'file' | 'trace' | 'seed'>,
  ) {
    this.designs = designs;
    this.options = options;
    this.task = { plan, seed, file, trace, signal: this.stop.signal };
    const points = chosen.reduce(
      (sum, { it, reference }) => sum + it.points[plan.name].length * this.passesOf(it, reference),
      0,
    );
    this.total = 100 * points;
    this.timetable = new Timetable(plan.budgetMs, points);
    if (options.signal?.aborted === true) this.abort();
    options.signal?.addEventListener('abort', this.abort);
    if (plan.budgetMs !== null) {
      this.timer = setTimeout(() => {
        this.stop.abort(new Error('The time is used up'));
      }, plan.budgetMs);
    }
  }

  end(): void {
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.abort);
  }

  /** Runs one experiment, pass by pass; answers whether to go on. */
  async experiment({ it, reference }: Chosen<Experiment>): Promise<boolean> {
    const all = it.points[this.task.plan.name];
    const found = new Map<number, (readonly Row[])[]>(all.map((point) => [point, []]));
    const notes: string[] = [];
    const passes = this.passesOf(it, reference);
    try {
      for (let pass = 0; pass < passes; pass++) await this.pass(it, reference, pass, found, notes);
    } catch (error) {
      if (!this.task.signal.aborted) throw error;
    }
    const missed = all.filter((point) => found.get(point)?.length === 0);
    if (missed.length > 0 && !this.interrupted) this.leftOut.push(`${it.name} at ${it.unit} ${missed.join(', ')}`);
    const { seed } = this.task;
    const rows = [...found.values()].flatMap((each) => joinPasses(each, seed));
    if (rows.length > 0) {
      this.results.push(resultOf(it, rows, notes, { seed, threads: this.inThreads(reference) }));
      this.options.onResult?.(this.results.at(-1) as ExperimentResult, this.found());
    }
    // When the time is used up, those that follow are asked as well, so that they say what they leave out.
    return !this.interrupted;
  }

  /** Measures all points once more, in threads that were started for it, each with a share of the rounds. */
  private async pass(
    it: Experiment,
    reference: string | null,
    pass: number,
    found: ReadonlyMap<number, (readonly Row[])[]>,
    notes: string[],
  ): Promise<void> {
    const { signal } = this.task;
    signal.throwIfAborted();
    const plan = planOfPass(this.task.plan, pass, this.passesOf(it, reference));
    const runner = await this.start(it, reference, plan);
    try {
      for (const [point, rows] of found) {
        signal.throwIfAborted();
        if (this.canSkip(it, point, rows)) this.timetable.skip();
        else rows.push(this.checked(it, point, await this.point(runner, it, point, notes)));
        this.done += 100;
        this.options.onProgress?.(`${it.name}, ${it.unit} ${String(point)}`, this.done, this.total);
      }
    } finally {
      await runner.close();
    }
  }

  /** While it is behind: a point that quick does not ask for, or one with rounds enough to tell. */
  private canSkip({ points }: Experiment, point: number, passes: readonly (readonly Row[])[]): boolean {
    if (!this.timetable.behind()) return false;
    if (passes.length === 0) return !points.quick.includes(point);
    const rounds = passes.map(([row]) => row?.figures['time']?.rounds?.length ?? 0);
    return rounds.reduce((sum, each) => sum + each, 0) >= LEAST_ROUNDS;
  }

  /** In one thread for all there is nothing to begin anew. */
  private passesOf(it: Experiment, reference: string | null): number {
    const { passes, rounds } = this.task.plan;
    return this.inThreads(reference) ? Math.min(it.passes ?? passes, rounds) : 1;
  }

  found(): Comparison {
    const { plan, seed, file, trace } = this.task;
    return {
      machine: machine(),
      designs: this.designs.map(({ it: { name, capabilities } }) => ({ name, capabilities })),
      base: (this.designs[0] as Chosen<Rival>).it.name,
      file,
      trace,
      plan,
      seed,
      interrupted: this.interrupted,
      leftOut: [...this.leftOut],
      experiments: [...this.results],
    };
  }

  private get interrupted(): boolean {
    return this.options.signal?.aborted === true;
  }

  private inThreads(reference: string | null): boolean {
    const { threads = true } = this.options;
    return threads && reference !== null && this.designs.every((design) => design.reference !== null);
  }

  private async start(experiment: Experiment, reference: string | null, plan: Plan): Promise<Runner> {
    const task = { ...this.task, plan };
    if (this.inThreads(reference)) {
      const designs = this.designs.map(({ it, reference: to }) => ({ name: it.name, reference: String(to) }));
      return startThreads([...designs, { name: edge.name, reference: edge.name }], {
        ...task,
        experiment: String(reference),
      });
    }
    const rivals = [...this.designs.map(({ it }) => it), edge];
    return {
      at: (point, { late, ...how }) => experiment.at(point, { ...task, ...how, rivals, baton: soleBaton(late) }),
      close: () => Promise.resolve(),
    };
  }

  private point(runner: Runner, { name, unit }: Experiment, point: number, notes: string[]): Promise<Row[]> {
    const step = `${name}, ${unit} ${String(point)}`;
    const tell = (part: number): void =>
      this.options.onProgress?.(step, this.done + Math.floor(part * 100), this.total);
    this.timetable.begin();
    tell(0);
    return runner.at(point, {
      late: () => this.timetable.late(),
      note: (text) => {
        if (!notes.includes(text)) notes.push(text);
      },
      progress: tell,
    });
  }

  /** Nobody is passed over in silence: who cannot says so (M2). */
  private checked({ name }: Experiment, point: number, rows: readonly Row[]): readonly Row[] {
    for (const { it: design } of this.designs) {
      const row = rows.find((each) => each.design === design.name);
      if (row !== undefined && (row.cannot !== null || Object.keys(row.figures).length > 0)) continue;
      throw new StateError('ERR_NO_ROW', `The experiment ${name} says nothing of ${design.name} at ${String(point)}`);
    }
    return rows;
  }
}

function resultOf(
  experiment: Experiment,
  rows: readonly Row[],
  notes: readonly string[],
  how: { readonly seed: number; readonly threads: boolean },
): ExperimentResult {
  const { name, title, question, unit, xLabel, decides } = experiment;
  const named = new Set(rows.flatMap(({ figures }) => Object.keys(figures)));
  const metrics = [...experiment.metrics, ...commonMetrics].filter((metric) => named.has(metric.name));
  return { name, title, question, unit, xLabel, decides, metrics, rows, notes, ...how };
}
