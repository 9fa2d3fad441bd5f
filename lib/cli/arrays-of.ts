import { Mirror, Parity, type BlockDevice } from '../io/index.js';

/** The mirrors and parities of a stack, from the top, each once. */
export function arraysOf(top: BlockDevice): (Mirror | Parity)[] {
  const stack = new Set<BlockDevice>([top]);
  for (const device of stack) for (const lower of device.lowers) stack.add(lower);
  return [...stack].filter((device) => device instanceof Mirror || device instanceof Parity);
}
