/** What is shared out: the rest is for what begins or ends late. */
const SHARED = 0.9;
/** Behind by more than this part of the whole, a run leaves out points. */
const SLACK = 0.1;

/** Shares out the time of a run among the points that it measures. Times are in milliseconds, on a clock that starts at 0. */
export class Timetable {
  private readonly budgetMs: number;
  private readonly points: number;
  private readonly now: () => number;
  private begun = 0;
  private end: number;

  /** @param budgetMs for all points; null for as long as it takes */
  constructor(budgetMs: number | null, points: number, now: () => number = clock()) {
    this.budgetMs = SHARED * (budgetMs ?? Infinity);
    this.points = points;
    this.now = now;
    this.end = this.budgetMs;
  }

  /** Begins the next point, with an equal share of what is left. */
  begin(): void {
    const now = this.now();
    this.end = now + (this.budgetMs - now) / (this.points - this.begun++);
  }

  /** Whether the share of the point under way is used up. */
  late(): boolean {
    return this.now() > this.end;
  }

  /** Whether so much more time than planned has been used that there is not enough for all that is left. */
  behind(): boolean {
    return this.now() / this.budgetMs > this.begun / this.points + SLACK;
  }

  /** Leaves the next point out. */
  skip(): void {
    this.begun++;
  }
}

function clock(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
