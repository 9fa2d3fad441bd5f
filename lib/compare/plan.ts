/** How much time a run may take. */
export interface Plan {
  readonly name: 'quick' | 'full' | 'thorough';
  /** Interleaved rounds of each point, in all passes together; every design is measured once in each. */
  readonly rounds: number;
  /**
   * Times that an experiment is begun anew, each with a share of the rounds, where designs have threads of their own: what a
   * compiler made of a design, and where its objects lie, stays for as long as its thread, and may be another way next time.
   */
  readonly passes: number;
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
  quick: { name: 'quick', rounds: LEAST_ROUNDS, passes: 3, fileRounds: 1, runMs: 0.6, warmMs: 15, budgetMs: null },
  full: { name: 'full', rounds: 20, passes: 4, fileRounds: 3, runMs: 2, warmMs: 40, budgetMs: null },
  thorough: {
    name: 'thorough',
    rounds: 35,
    passes: 5,
    fileRounds: LEAST_ROUNDS,
    runMs: 4,
    warmMs: 30,
    budgetMs: 14 * 60_000,
  },
};

/** The plan of one pass of so many, from 0: the first ones take the rounds that do not divide. */
export function planOfPass(plan: Plan, pass: number, passes: number): Plan {
  const share = (rounds: number): number => Math.floor((rounds + passes - 1 - pass) / passes);
  return { ...plan, passes, rounds: share(plan.rounds), fileRounds: share(plan.fileRounds) };
}

/** Rounds that a pass makes do with when the time is up. */
export function leastRounds({ passes }: Plan): number {
  return Math.ceil(LEAST_ROUNDS / passes);
}
