import { StateError } from '../wait/errors.js';
import { soleBaton } from './baton.js';
import type { Chosen } from './choose.js';
import type { Comparison, CompareOptions, ExperimentResult } from './compare.js';
import type { Experiment, Row } from './experiment.js';
import { machine } from './machine.js';
import { commonMetrics } from './metrics.js';
import type { Plan } from './plan.js';
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
    const points = chosen.reduce((sum, { it }) => sum + it.points[plan.name].length, 0);
    this.total = 100 * points;
    this.designs = designs;
    this.options = options;
    this.task = { plan, seed, file, trace, signal: this.stop.signal };
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

  /** Runs one experiment; answers whether to go on. */
  async experiment({ it, reference }: Chosen<Experiment>): Promise<boolean> {
    const rows: Row[] = [];
    const notes: string[] = [];
    const missed: number[] = [];
    const { signal } = this.task;
    const all = it.points[this.task.plan.name];
    let runner: Runner | null = null;
    let next = 0;
    try {
      signal.throwIfAborted();
      runner = await this.start(it, reference);
      for (; next < all.length; next++) {
        signal.throwIfAborted();
        const point = all[next] as number;
        // What quick asks for is the least that there is to know.
        if (this.timetable.behind() && !it.points.quick.includes(point)) {
          this.timetable.skip();
          missed.push(point);
        } else rows.push(...this.checked(it, point, await this.point(runner, it, point, notes)));
        this.done += 100;
        this.options.onProgress?.(`${it.name}, ${it.unit} ${String(point)}`, this.done, this.total);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await runner?.close();
    }
    const through = next === all.length;
    if (!through && !this.interrupted) missed.push(...all.slice(next));
    if (missed.length > 0) this.leftOut.push(`${it.name} at ${it.unit} ${missed.join(', ')}`);
    if (rows.length > 0) {
      this.results.push(resultOf(it, rows, notes, { seed: this.task.seed, threads: this.inThreads(reference) }));
      this.options.onResult?.(this.results.at(-1) as ExperimentResult, this.found());
    }
    // When the time is used up, those that follow are asked as well, so that they say what they leave out.
    return !this.interrupted;
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

  private async start(experiment: Experiment, reference: string | null): Promise<Runner> {
    if (this.inThreads(reference)) {
      const designs = this.designs.map(({ it, reference: to }) => ({ name: it.name, reference: String(to) }));
      return startThreads([...designs, { name: edge.name, reference: edge.name }], {
        ...this.task,
        experiment: String(reference),
      });
    }
    const rivals = [...this.designs.map(({ it }) => it), edge];
    return {
      at: (point, { late, ...how }) => experiment.at(point, { ...this.task, ...how, rivals, baton: soleBaton(late) }),
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
