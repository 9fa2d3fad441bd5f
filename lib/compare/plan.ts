/** How much time a run may take. */
export interface Plan {
  readonly name: 'quick' | 'full' | 'thorough';
  /** Interleaved rounds of each point; every design is measured once in each. */
  readonly rounds: number;
  /** Rounds of experiments on a real file, which take seconds each. */
  readonly fileRounds: number;
  /** How long one timed run should take, in milliseconds: long enough for the clock, short enough for many rounds. */
  readonly runMs: number;
  /** How long each design runs at a point before it is timed, in milliseconds; up to four times as long while it gets faster. */
  readonly warmMs: number;
  /** How long the whole run may take, in milliseconds; null for as long as it takes. */
  readonly budgetMs: number | null;
}

/** Rounds below which no conclusion is drawn, whatever the interval. */
export const LEAST_ROUNDS = 15;

/** The plans by name. Each has at least {@link LEAST_ROUNDS}, but for what a real file takes too long for. */
export const plans: Readonly<Record<Plan['name'], Plan>> = {
  quick: { name: 'quick', rounds: LEAST_ROUNDS, fileRounds: 1, runMs: 0.6, warmMs: 15, budgetMs: null },
  full: { name: 'full', rounds: LEAST_ROUNDS, fileRounds: 3, runMs: 4, warmMs: 40, budgetMs: null },
  thorough: { name: 'thorough', rounds: 31, fileRounds: LEAST_ROUNDS, runMs: 5, warmMs: 60, budgetMs: 14 * 60_000 },
};
