/** What was read differs from what it ought to be, or could not be read at all. */
export type ProblemKind = 'mismatched' | 'unreadable';

/** A range of blocks that is not as it should be. */
export interface ScrubProblem {
  readonly kind: ProblemKind;
  /** Whose blocks they are; null where that is not known, or means nothing. */
  readonly member: number | null;
  /** Bytes: on the member, if there is one, else on the device. */
  readonly position: number;
  readonly length: number;
  /** Whether what is right was written over them. */
  readonly repaired: boolean;
}

/** Ranges that are told one by one: a disk that is wholly wrong would fill the memory. */
const MAX_PROBLEMS = 1000;

/** What a scrub finds, added up. */
export class Findings {
  readonly device: string;
  checked = 0;
  mismatched = 0;
  unreadable = 0;
  repaired = 0;
  readonly problems: ScrubProblem[] = [];
  /** Where the last problem of each member is. */
  private readonly lasts = new Map<number | null, number>();

  constructor(device: string) {
    this.device = device;
  }

  /** Adds a problem; blocks behind the one before, and like it, lengthen that. */
  add(problem: ScrubProblem): void {
    const { kind, member, position, length, repaired } = problem;
    this[kind] += length;
    if (repaired) this.repaired += length;
    const at = this.lasts.get(member) ?? -1;
    const last = this.problems[at];
    if (last?.kind === kind && last.repaired === repaired && last.position + last.length === position) {
      this.problems[at] = { ...last, length: last.length + length };
    } else if (this.problems.length < MAX_PROBLEMS) {
      this.lasts.set(member, this.problems.length);
      this.problems.push(problem);
    }
  }
}
