import type { Stack } from '../stack/index.js';
import { loadStack } from './load-stack.js';
import { describedBy, type StackFlags } from './stack-flags.js';

/** Opens the stack that a call names, with a line for each member of an array that it has to do without. */
export async function openDegraded(path: string | undefined, flags: StackFlags): Promise<Stack> {
  const description = await describedBy(path, flags);
  const { openStack } = await loadStack();
  const stack = await openStack(description, { degraded: true });
  for (const { error } of stack.missing) process.stderr.write(`wakechain: without a member: ${error.message}\n`);
  return stack;
}
