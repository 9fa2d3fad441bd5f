import type { Stack } from '../stack/index.js';
import { loadStack } from './load-stack.js';
import { claimFiles } from './file-claims.js';
import { describedBy, filesOf, type StackFlags } from './stack-flags.js';

/**
 * Opens the stack that a call names, with a line for each member of an array that it has to do without. Its files are
 * claimed, and are as long as they are: a size that is described says how `create` makes one.
 */
export async function openDegraded(path: string | undefined, flags: StackFlags): Promise<Stack> {
  const description = structuredClone(await describedBy(path, flags));
  const files = filesOf(description.device);
  for (const file of files) delete file.size;
  await claimFiles(files.filter(({ readOnly }) => readOnly !== true).map((file) => file.path));
  const { openStack } = await loadStack();
  const stack = await openStack(description, { degraded: true });
  for (const { error } of stack.missing) process.stderr.write(`wakechain: without a member: ${error.message}\n`);
  return stack;
}
