import { Command } from 'commander';
import { Mirror, Parity, type BlockDevice } from '../io/index.js';
import type { DeviceDescription, Stack } from '../stack/index.js';
import { isRedundant, lowersOf, pathOf } from '../stack/lowers.js';
import { Bar } from './bar.js';
import { exitCodeOf, interruptible } from './interrupts.js';
import { MadeFiles } from './made-files.js';
import { wholeNumber } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { spareFor, type Lacking, type SpareFlags } from './spare.js';
import { withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags, SpareFlags {
  member?: number;
}

type Found = Omit<Lacking, 'member'>;

/** `wakechain rebuild`. */
export function rebuildCommand(): Command {
  return withStackFlags(new Command('rebuild'))
    .description('put a spare in the place of a failed member of a mirror or parity, and copy everything to it')
    .option(
      '--member <n>',
      "the member's number, from 0, as `info` tells (default: the one that is not in sync)",
      wholeNumber(0),
    ) // prettier-ignore
    .option(
      '--spare <path>',
      'the file to put there, which is made if need be, or the URI of an NBD export (default: what is described)',
    )
    .option('--force', 'make its file anew where it holds something else: what is on it is lost')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  await interruptible(async (signal) => {
    await using stack = await openDegraded(path, flags);
    const found = degradedArray(stack);
    const { array } = found;
    const member = flags.member ?? array.members.findIndex(({ state }) => state !== 'in-sync');
    const state = array.members[member]?.state;
    if (state === undefined || state === 'in-sync') {
      throw wrongCall(`--member must be one that is not in sync, got ${String(member)}, ${state ?? 'no member'}`);
    }
    let spare: BlockDevice | null = null;
    // Its file stays when the array counts on it.
    const isPlaced = (): boolean =>
      array.members.some(({ device, state: now }) => device === spare && now !== 'failed');
    using made = new MadeFiles(isPlaced);
    const bar = new Bar(`rebuilding member ${String(member)}`);
    try {
      spare = await spareFor(stack, { ...found, member }, flags, made);
      signal.throwIfAborted();
      const onProgress = (done: number, total: number): void => bar.update(done, total);
      await array.rebuild(member, spare, { signal, onProgress, overwrite: flags.force === true });
      bar.stop();
      process.stdout.write(`${array.name}: member ${String(member)} is in sync, on ${spare.name}\n`);
    } catch (error) {
      bar.stop();
      if (!signal.aborted) throw error;
      process.exitCode = exitCodeOf(signal);
      process.stderr.write(
        `wakechain: interrupted; ${isPlaced() ? howToGoOn(flags) : 'no spare was put in its place'}\n`,
      );
    } finally {
      // It is closed with the stack when it has become part of it; else it has been told why not.
      if (spare !== null && !array.lowers.includes(spare)) await spare.close().catch(() => undefined);
    }
  });
}

function howToGoOn({ spare }: Flags): string {
  return `${spare === undefined ? 'the same call' : `with ${spare} in the member's place, rebuild`} goes on from there`;
}

/** The first array, from the top, that lacks a member. */
function degradedArray(stack: Stack): Found {
  const search = (description: DeviceDescription, path: string): Found | null => {
    const array = stack.at(path);
    if (isRedundant(description) && (array instanceof Mirror || array instanceof Parity) && array.degraded) {
      return { array, path, members: description.members };
    }
    for (const [i, lower] of lowersOf(description).entries()) {
      const found = search(lower, pathOf(description, path, i));
      if (found !== null) return found;
    }
    return null;
  };
  const found = search(stack.description.device, 'device');
  if (found === null) throw wrongCall('no mirror or parity of this stack lacks a member');
  return found;
}
