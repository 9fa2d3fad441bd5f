import type { Stack } from '../stack/index.js';
import { devicesOf, isRedundant } from '../stack/lowers.js';
import { loadStack } from './load-stack.js';
import { claimFiles } from './file-claims.js';
import { describedBy, filesOf, type StackFlags } from './stack-flags.js';

/**
 * Opens the stack that a call names, with a line for each member of an array that it has to do without. Its files are
 * claimed, and are as long as they are: a size that is described says how `create` makes one. With `readOnly` they are
 * opened so, and not claimed, unless there is an array, which stores that it was opened.
 * @param options `overlay`: leave all files as they are, whatever the stack writes to them. Default false
 */
export async function openDegraded(
  path: string | undefined,
  flags: StackFlags,
  { overlay = false }: { overlay?: boolean } = {},
): Promise<Stack> {
  const description = structuredClone(await describedBy(path, flags));
  const files = filesOf(description.device);
  const readOnly = flags.readOnly === true && !devicesOf(description.device).some(isRedundant);
  for (const file of files) {
    delete file.size;
    if (readOnly) file.readOnly = true;
  }
  await claimFiles(files.filter(({ readOnly }) => readOnly !== true).map((file) => file.path));
  const { openStack } = await loadStack();
  const stack = await openStack(description, { degraded: true, overlay });
  for (const { error } of stack.missing) process.stderr.write(`wakechain: without a member: ${error.message}\n`);
  return stack;
}
