/** What a contender is in its row. */
export type Role =
  /** Hand-written for this one job and nothing else: 1.0. */
  | 'ideal'
  | 'ours'
  /** Another way to do it with this package, or a second reading of the row; shown, and not measured against the reach. */
  | 'ours-too'
  /** A library that is said to be fast at this. */
  | 'peer'
  /** What most programs do today. */
  | 'used'
  /** `ours` and `ours-too` as they were in another build. */
  | 'before';

/** Does the operation so many times; operation `i` works with the value `valueOf(i)` and callback number `i`. */
export type Run = (times: number) => void | Promise<void>;

/** A contender that works on something outside of the process, which has to be looked at and put away. */
export interface Rig {
  readonly run: Run;
  /** Spoils what earlier operations left, does them all once more and looks at every byte. Not timed. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface Contender {
  readonly role: Role;
  readonly name: string;
  /** The guarantee that it does not give and the others do. */
  readonly lacks?: string;
  /** Not run above this size: it would take minutes. */
  readonly most?: number;
  /** Where a contender from another build leaves its sum. */
  readonly effects?: Int32Array;
  /** Makes what lives longer than one operation. */
  prepare(n: number): Run | Promise<Rig>;
}

export interface Case {
  /** The size; in a row whose cases differ in more than that, which of them it is. */
  readonly n: number;
  /** What the table calls the case. Default: `n`. */
  readonly label?: string;
  /** What the ratio to the ideal is to be; left out of a row that was not in the plan. */
  readonly reach?: number;
}

/** One line of the table per case; named by the shape of the work. */
export interface Row {
  readonly name: string;
  /** What one operation is; `n` stands for the size. */
  readonly operation: string;
  readonly cases: readonly Case[];
  readonly contenders: readonly Contender[];
  /** How long a batch of operations takes, where what is waited for comes in larger lumps. Milliseconds. */
  readonly batchMs?: number;
  /** What keeps it from its reach, printed where it is missed. */
  readonly inTheWay: string;
}
