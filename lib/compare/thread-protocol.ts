import { IoError } from '../io/index.js';
import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { Row } from './experiment.js';
import type { Plan } from './plan.js';

/** What a thread is started with. */
export interface Assignment {
  /** References of `choose.ts`. */
  readonly design: string;
  readonly experiment: string;
  readonly plan: Plan;
  readonly seed: number;
  readonly file: string;
  readonly trace: string | null;
}

/** What a thread is told: to begin with a point, that the baton is its own again, that the run is ended. */
export type Order =
  | { readonly order: 'begin'; readonly point: number }
  | { readonly order: 'go'; readonly late: boolean }
  | { readonly order: 'abort'; readonly reason: unknown };

/** What ends a thread's turn. */
export type TurnEnd =
  | { readonly end: 'ready' }
  | { readonly end: 'passed' }
  | { readonly end: 'through'; readonly rows: readonly Row[] }
  | { readonly end: 'failed'; readonly failure: Failure };

/** What a thread tells during its turn. */
export type Aside =
  { readonly aside: 'note'; readonly text: string } | { readonly aside: 'part'; readonly part: number };

/** An error on its way between threads, which would keep neither its class nor its code. */
export interface Failure {
  readonly error: unknown;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Classes that an error gets back. */
const classes: readonly (abstract new (...given: never[]) => Error)[] = [
  ArgumentError,
  ArgumentRangeError,
  IoError,
  StateError,
];

/** An error for the way. What cannot be sent with it, such as a function, is left behind. */
export function sent(error: unknown): Failure {
  if (!(error instanceof Error)) return { error: sendable(error) ? error : String(error), name: '', fields: {} };
  const fields = Object.entries(error).filter(([, value]) => sendable(value));
  const plain = new Error(error.message);
  if (error.stack !== undefined) plain.stack = error.stack;
  return { error: plain, name: error.name, fields: Object.fromEntries(fields) };
}

/** The error that was sent. */
export function received({ error, name, fields }: Failure): unknown {
  if (!(error instanceof Error)) return error;
  const known = classes.find((each) => each.name === name);
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype as object);
  return Object.assign(error, { name }, fields);
}

function sendable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
