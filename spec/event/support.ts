import { afterEach, beforeEach } from 'mocha';
import { hooks } from '../../lib/event/hooks.js';
import { Completion, type ReusableCompletion } from '../../lib/event/completion.js';
import { OWNING } from '../../lib/wait/entry.js';
import { OWNED } from '../../lib/event/marks.js';

/** For the specs of one describe: what would go to the host's uncaught-error path lands here. */
export function collectUncaught(): unknown[] {
  const errors: unknown[] = [];
  const { uncaught } = hooks;
  beforeEach(() => {
    errors.length = 0;
    hooks.uncaught = (error) => void errors.push(error);
  });
  afterEach(() => {
    hooks.uncaught = uncaught;
  });
  return errors;
}

/** Notes in `trace` that the completion settled, and how. */
export function noteSettling(trace: string[], name: string, completion: ReusableCompletion<unknown>): void {
  completion.notify(({ state }) => trace.push(`${name} ${state}`));
}

/** Runs steps of a random program while a completion settles, so that what they set off is put off (C6). */
export function inOneCallback(steps: number, step: () => void): void {
  const trigger = new Completion();
  trigger.notify(() => {
    for (let i = 0; i < steps; i++) step();
  });
  trigger.complete();
}

/** Everything that promises and zero-delay tasks have to do is done. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** What `call` throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** The code of the error that `call` throws. */
export function codeOf(call: () => unknown): string {
  return (thrownBy(call) as { code: string }).code;
}

/** Who cancels the completion when cancelled itself (E3); null when nobody is to. The mark and the entry must agree. */
export function ownerOf(completion: ReusableCompletion<unknown>): unknown {
  const owning = [...completion].filter(({ flags }) => (flags & OWNING) !== 0);
  if (owning.length > 1 || (owning.length === 1) !== ((completion.marks & OWNED) !== 0))
    throw new Error('who owns it?');
  return owning[0]?.data ?? null;
}
