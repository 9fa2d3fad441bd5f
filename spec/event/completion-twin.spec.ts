import { expect } from 'chai';
import fc from 'fast-check';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { hooks } from '../../lib/event/hooks.js';
import { AbortError, StateError } from '../../lib/wait/errors.js';
import { NaiveCompletion, NaiveWorld } from './naive-completion.js';

/*
 * Random programs run against Completion and against its naive twin; what happens, in order, must be the same. A
 * program is a list of steps. A step that registers a callback takes some of the steps after it as the callback's body,
 * so that everything is also done from inside layers, waiters and cancel actions.
 */

const programs = 20_000;
const seed = Number(process.env['WAKECHAIN_SEED'] ?? 20_010_208);

const operations = [
  ...['intercept', 'intercept', 'intercept', 'intercept', 'notify', 'notify', 'onCancel', 'onCancel', 'onCancel'],
  ...['complete', 'complete', 'completeLate', 'fail', 'fail', 'cancel', 'cancel', 'remove', 'reset'],
  ...['hold', 'hold', 'hold', 'resume', 'resume', 'rearm', 'rearm', 'succeed', 'failOutcome', 'readValue', 'throw'],
] as const;
type Operation = (typeof operations)[number];

interface Step {
  readonly operation: Operation;
  readonly target: number;
  readonly pick: number;
  readonly body: readonly Step[];
}

/** What the programs use of a completion and of an outcome; the twin has no more than this. */
interface Outcomes {
  readonly status: string;
  readonly value: unknown;
  readonly error: unknown;
  succeed(value: unknown): void;
  fail(error: unknown): void;
  hold(until: null, onCancel: (reason: unknown) => void): () => boolean;
  rearm(): number;
}

interface Tested {
  readonly state: string;
  readonly epoch: number;
  readonly error: unknown;
  complete(value: unknown, epoch?: number): boolean;
  fail(error: unknown, epoch?: number): boolean;
  cancel(reason: unknown): string;
  intercept(layer: (outcome: Outcomes) => unknown): unknown;
  notify(waiter: (completion: Tested) => unknown): unknown;
  onCancel(action: (reason: unknown) => unknown): unknown;
  remove(entry: unknown): boolean;
  reset(): number;
}

/** How the rare things are told apart in the statistics; each must have occurred at least so often. */
const floors: Record<string, number> = {
  steps: 300_000,
  complete: 20_000,
  completeLate: 5000,
  fail: 10_000,
  cancel: 10_000,
  intercept: 15_000,
  notify: 10_000,
  onCancel: 5000,
  remove: 5000,
  resume: 10_000,
  throw: 5000,
  reset: 5000,
  'layer called': 10_000,
  'waiter called': 10_000,
  'cancel action called': 2000,
  'holder asked to cancel': 120,
  held: 2000,
  resumed: 400,
  'resumed from inside a callback': 120,
  rearmed: 1000,
  'rearmed later, from a hold': 60,
  'claimed again while its layer ran': 50,
  'claimed from inside a callback': 3000,
  'cancelled from inside a callback': 500,
  'late completer refused': 1000,
  'layer added while completing': 1000,
  'waiter called at once': 5000,
  'outcome changed by a layer': 1000,
  'layer threw': 500,
  'waiter threw': 500,
  'answered cancelled': 2000,
  'answered requested': 800,
  'answered too-late': 2000,
  'stale outcome refused': 1000,
  'reset done': 500,
};

const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** Reads the flat list that fast-check shrinks well as the tree that it stands for. */
function parse(numbers: readonly number[]): Step[] {
  let next = 0;
  const read = (most: number, depth: number): Step[] => {
    const steps: Step[] = [];
    while (steps.length < most && next < numbers.length) {
      const number = numbers[next++] ?? 0;
      const operation = operations[number % operations.length] as Operation;
      const rest = Math.floor(number / operations.length);
      const calls = operation === 'intercept' || operation === 'notify' || operation === 'onCancel';
      const body = calls && depth < 4 ? read(1 + (rest % 4), depth + 1) : [];
      steps.push({ operation, target: (rest >> 4) % 3, pick: rest >> 6, body });
    }
    return steps;
  };
  return read(Infinity, 0);
}

function show(value: unknown): string {
  if (value instanceof AbortError) return `AbortError(${show(value.cause)})`;
  if (value instanceof AggregateError) return `all of ${value.errors.map(show).join(', ')}`;
  if (value instanceof StateError) return value.code;
  return value instanceof Error ? value.message : String(value);
}

/** Runs a program and tells all that happened; `note` hears of what the statistics count. */
function run(program: readonly Step[], tested: readonly Tested[], trace: string[], note: (what: string) => void): void {
  const entries: [Tested, unknown][] = [];
  const resumes: (() => boolean)[] = [];
  const outcomes: Outcomes[] = [];
  let serial = 0;
  let depth = 0;
  // A layer that tries again at once never ends by itself.
  let fuel = 60;

  const callback = (name: string, body: readonly Step[], own: Outcomes | null): void => {
    note(`${name.replace(/ \d+$/, '')} called`);
    if (fuel-- <= 0) return;
    depth++;
    try {
      for (const step of body) perform(step, own, name);
    } catch (error) {
      note(`${name.replace(/ \d+$/, '')} threw`);
      throw error;
    } finally {
      depth--;
    }
  };

  const perform = (step: Step, own: Outcomes | null, inside: string): void => {
    const { operation, body, pick } = step;
    const completion = tested[step.target] as Tested;
    const id = serial++;
    const name = `${operation} ${step.target}`;
    note('steps');
    note(operation);
    try {
      trace.push(`${name} -> ${show(act(operation, completion, id, pick, body, own))}`);
    } catch (error) {
      trace.push(`${name} throws ${show(error)}`);
      if (error instanceof StateError && error.code === 'ERR_OUTCOME') note('stale outcome refused');
      // What a layer reads may be thrown at it, and it lets that through; a refusal it takes note of.
      const passes = operation === 'throw' || (operation === 'readValue' && !(error instanceof StateError));
      if (passes && inside !== '') throw error;
    }
  };

  const act = (
    operation: Operation,
    completion: Tested,
    id: number,
    pick: number,
    body: readonly Step[],
    own: Outcomes | null,
  ): unknown => {
    const { state } = completion;
    const given = (pick % 3 === 0 ? outcomes[pick % (outcomes.length || 1)] : own) ?? null;
    const claimed = (answer: boolean): boolean => {
      if (answer && depth > 0) note('claimed from inside a callback');
      return answer;
    };
    const add = (entry: unknown): void => void entries.push([completion, entry]);
    const calls = (kind: string, argument: string, outcome: Outcomes | null): void => {
      const called = `${kind} ${id}`;
      trace.push(`${called} (${argument})`);
      callback(called, body, outcome);
      trace.push(`${called} returns`);
    };

    switch (operation) {
      case 'complete':
        return claimed(completion.complete(id));
      case 'completeLate': {
        const answer = completion.complete(id, completion.epoch - (pick % 2));
        if (!answer && state === 'pending') note('late completer refused');
        return answer;
      }
      case 'fail':
        return claimed(completion.fail(`error ${id}`));
      case 'cancel': {
        const answer = completion.cancel(`reason ${id}`);
        note(`answered ${answer}`);
        if (depth > 0 && answer === 'cancelled') note('cancelled from inside a callback');
        return answer;
      }
      case 'intercept': {
        const entry = completion.intercept((outcome: Outcomes) => {
          outcomes.push(outcome);
          const before = show(outcome.status);
          calls('layer', `${before}, ${show(outcome.status === 'done' ? outcome.value : outcome.error)}`, outcome);
        });
        if (state === 'completing') note('layer added while completing');
        return add(entry);
      }
      case 'notify': {
        if (state !== 'pending' && state !== 'completing') note('waiter called at once');
        return add(completion.notify((it: Tested) => calls('waiter', `${it.state}, ${show(it.error)}`, null)));
      }
      case 'onCancel': {
        const answer = pick % 3 === 0 ? false : undefined;
        return add(
          completion.onCancel((reason) => {
            calls('cancel action', show(reason), null);
            return answer;
          }),
        );
      }
      case 'remove': {
        const [on, entry] = entries[pick % (entries.length || 1)] ?? [];
        return on?.remove(entry);
      }
      case 'resume': {
        const answer = resumes[pick % (resumes.length || 1)]?.();
        if (answer === true) note(depth > 0 ? 'resumed from inside a callback' : 'resumed');
        return answer;
      }
      case 'hold': {
        if (given === null) return 'nothing';
        const asked = (reason: unknown): void => {
          note('holder asked to cancel');
          trace.push(`holder ${id} (${show(reason)})`);
          if (pick % 5 === 0) throw new Error(`holder ${id}`);
        };
        resumes.push(given.hold(null, asked));
        note('held');
        return 'held';
      }
      case 'rearm': {
        if (given === null) return 'nothing';
        const epoch = given.rearm();
        note(given === own ? 'rearmed' : 'rearmed later, from a hold');
        // At once, as an operation that fails or succeeds inline.
        if (pick % 4 === 1 && tested.some((each) => each.complete(id, epoch))) {
          note('claimed again while its layer ran');
        }
        return epoch;
      }
      case 'succeed':
        given?.succeed(id);
        if (given !== null) note('outcome changed by a layer');
        return;
      case 'failOutcome':
        return given?.fail(`error ${id}`);
      case 'readValue':
        return given?.value;
      case 'throw':
        throw new Error(`thrown ${id}`);
      case 'reset': {
        const epoch = completion.reset();
        note('reset done');
        return epoch;
      }
    }
  };

  for (const step of program) {
    perform(step, null, '');
    for (const each of tested) trace.push(`${each.state} ${each.epoch} ${show(each.error)}`);
  }
}

function traceOfReal(program: readonly Step[]): string[] {
  const trace: string[] = [];
  const { uncaught } = hooks;
  hooks.uncaught = (error) => trace.push(`uncaught ${show(error)}`);
  try {
    const tested = [new Completion<unknown>(), new ReusableCompletion<unknown>(), new Completion<unknown>()];
    run(program, tested, trace, () => undefined);
  } finally {
    hooks.uncaught = uncaught;
  }
  return trace;
}

function traceOfNaive(program: readonly Step[], note: (what: string) => void): string[] {
  const trace: string[] = [];
  const world = new NaiveWorld((error) => trace.push(`uncaught ${show(error)}`));
  const tested = [new NaiveCompletion(world), new NaiveCompletion(world), new NaiveCompletion(world)];
  run(program, tested, trace, note);
  return trace;
}

/** Where two traces part, with what led there; empty when they do not. */
function difference(real: readonly string[], naive: readonly string[]): string {
  const at = naive.findIndex((line, index) => line !== real[index]);
  if (at < 0 && real.length === naive.length) return '';
  return [...naive.slice(Math.max(0, at - 40), at), `expected: ${naive[at]}`, `but was: ${real[at]}`].join('\n');
}

describe('Completion and its naive twin', function () {
  this.timeout(120_000);

  it('do the same in the same order, whatever is done from wherever (C1 C2 C3 C4 C5 C6 C7)', () => {
    const programOf = fc.array(fc.nat(0x3fffffff), { minLength: 30, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(programOf, (numbers) => {
        const program = parse(numbers);
        const parting = difference(traceOfReal(program), traceOfNaive(program, count));
        if (parting !== '') throw new Error(parting);
      }),
      { seed, numRuns: programs },
    );
    const figures = [...counts].map(([what, times]) => `${what} ${times}`).join(', ');
    console.log(`      ${programs} programs, WAKECHAIN_SEED=${seed}: ${figures}`);
  });

  it('meet every situation often enough to have compared it', () => {
    const rare = Object.entries(floors)
      .filter(([what, least]) => (counts.get(what) ?? 0) < least)
      .map(([what, least]) => `${what}: ${counts.get(what) ?? 0} of ${least}`);
    expect(rare).to.deep.equal([]);
  });
});
